"""No message carries anything of another person: everybody has a canary in their name and one among their data.

``CANARIES=100000`` takes as many people as the promise names; by itself a fiftieth.
"""

import os
import random
import re

from incident_app.adapters.letters import JinjaLetters
from incident_app.domain.notices import CaseFacts, Facts, Text, compose
from incident_app.domain.ports import Message
from incident_app.domain.recipients import Contact
from incident_app.paths import data_dir
from incident_app.services.deliveries.printing import Press, Words
from incident_app.services.notices import languages, wording
from incident_app.services.notices.wordings import library
from tests.bench.bench_render import CASE, FACTS

COUNT = int(os.environ.get("CANARIES", "2000"))
KINDS = tuple(library().data)
_CANARY = re.compile(r"canary-\w+-\d+")


def the_words(case: CaseFacts, facts: Facts) -> Words:
    """Return the draft of every language, with the subject that names the person too."""
    drafts = {language: compose(case, wording(language)) for language in languages()}
    return Words({language: Text(f"((name)): {subject}", body) for language, (subject, body) in drafts.items()}, facts, "en")


def somebody(number: int, dice: random.Random) -> Contact:
    """Return a person: some without a name, half with data of their own, some of these with a kind that nobody else has."""
    name = f"canary-name-{number} & <b>" if number % 3 else ""
    own = tuple(dice.sample(KINDS, dice.randint(1, 3))) if number % 2 else ()
    return Contact(name, f"canary-mail-{number}@example.org", str(number),
                   (*own, f"canary-kind-{number}") if number % 6 == 1 else own)


def everything(message: Message) -> str:
    """Return all that the person can see."""
    return "\n".join((message.subject, message.text, message.html or ""))


def test_no_message_carries_anything_of_anybody_else() -> None:
    # Given one press for everybody, as a worker has it, and people in a random order of languages and channels
    dice = random.Random(7)
    press = Press(the_words(CASE, FACTS), JinjaLetters(data_dir("templates")))
    spoken = (*languages(), "tlh")
    labels = {language: {kind: block.label for kind, block in wording(language).blocks.items()} for language in languages()}
    named = alone = 0

    for number in range(1, COUNT + 1):
        contact, language = somebody(number, dice), dice.choice(spoken)
        message = press.message(str(number), dice.choice(("telegram", "email")), language, contact).filled()
        seen = everything(message)

        # Then every canary in a message is this person's, their own name and data are there
        assert set(_CANARY.findall(seen)) <= {f"canary-name-{number}", f"canary-kind-{number}"}, number
        assert (f"canary-name-{number}" in message.subject) == bool(contact.name)
        assert (f"canary-kind-{number}" in message.text) == (f"canary-kind-{number}" in contact.data)
        assert press.mark not in seen
        assert press.html_mark not in seen
        assert message.address in {contact.email, contact.telegram}

        # And it lists the kinds of data of this person and of nobody else
        own = contact.data or FACTS.categories
        written = labels[message.language]
        listed = ", ".join(written.get(kind, kind) for kind in own)
        assert f"{listed}." in message.text
        named += bool(contact.name)
        alone += f"canary-kind-{number}" in contact.data
    assert named > COUNT // 2
    assert alone > COUNT // 7


def test_a_leak_would_be_seen() -> None:
    # Given a message into which the words of another person got
    dice = random.Random(7)
    press = Press(the_words(CASE, FACTS), JinjaLetters(data_dir("templates")))
    first, second = somebody(1, dice), somebody(2, dice)
    message = press.message("1", "email", "en", first).filled()

    leaked = everything(message) + second.name

    assert set(_CANARY.findall(leaked)) - {"canary-name-1", "canary-kind-1"} == {"canary-name-2"}
