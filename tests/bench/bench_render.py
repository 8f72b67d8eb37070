"""What the words for one person cost: ``python -m tests.bench.bench_render``.

Three lists of 100,000 people with names, in every language, by Telegram and by email (plain text and HTML), as workers
print them: alike     everybody has the kinds of data of the case
          mixed     everybody has one to four kinds of their own, of forty mixtures, as in a real list
          apart     the worst: a kind of data that nobody else has, so that nothing can be shared; a tenth of the people
CPU microseconds a person, the median of the rounds, taken alternately with a ceiling: a ready-made text of the same length
copied once a person with the name put in, which no personal message can do without.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from incident_app.adapters.letters import JinjaLetters
from incident_app.domain.notices import CaseFacts, Facts, Text, compose
from incident_app.domain.recipients import Contact
from incident_app.paths import data_dir
from incident_app.services.deliveries.printing import Press, Words
from incident_app.services.notices.wordings import languages, library, wording
from tests.bench.table import Figure, say, table

PEOPLE, ROUNDS = 100_000, 3
MOST = 100.0  # microseconds of a processor a person
FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana", "dpo@example.org", "+49 30 555", "example.org",
              ("ai_prompts", "authentication"), kind="leaked-ai-prompts")
CASE = CaseFacts(date(2026, 11, 23), date(2026, 11, 20), confidentiality=True, categories=FACTS.categories,
                 kind=FACTS.kind, personal=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Who gets a message."""

    channel: str
    language: str
    contact: Contact


def the_people(count: int, kinds: Callable[[int], tuple[str, ...]]) -> list[Person]:
    """Return ``count`` people, half of them reached by Telegram, the languages taking turns."""
    spoken = languages()
    return [
        Person(("telegram", "email")[number % 2], spoken[number // 2 % len(spoken)],
               Contact(f"Person {number}", f"p{number}@example.org", str(700_000_000 + number), kinds(number)))
        for number in range(count)
    ]


def _mixtures() -> list[tuple[str, ...]]:
    dice = random.Random(20)
    return [tuple(dice.sample(list(library().data), dice.randint(1, 4))) for _ in range(40)]


def the_words() -> Words:
    """Return the draft of every language."""
    return Words({language: Text(*compose(CASE, wording(language))) for language in languages()}, FACTS, "en")


def _printed(people: Sequence[Person]) -> float:
    """Return microseconds a person, a fresh press included."""
    press = Press(the_words(), JinjaLetters(data_dir("templates")))
    begun = time.process_time()
    for number, one in enumerate(people):
        press.message(str(number), one.channel, one.language, one.contact).filled()
    return (time.process_time() - begun) / len(people) * 1_000_000


def _copied(people: Sequence[Person]) -> float:
    """Return microseconds a person of the ceiling."""
    press = Press(the_words(), JinjaLetters(data_dir("templates")))
    ready = {channel: press.message("0", channel, "en", Contact("X", data=("health",))) for channel in ("telegram", "email")}
    texts = {channel: (made.text + (made.html or "")).replace(press.mark, "@") for channel, made in ready.items()}
    begun = time.process_time()
    for one in people:
        texts[one.channel].replace("@", one.contact.name)
    return (time.process_time() - begun) / len(people) * 1_000_000


def bench(count: int, rounds: int) -> list[Figure]:
    """Measure the three and the ceiling, alternately."""
    mixtures = _mixtures()
    lists = {
        "alike": the_people(count, lambda _number: ()),
        "mixed": the_people(count, lambda number: mixtures[number % len(mixtures)]),
        "apart": the_people(max(1, count // 10), lambda number: (f"kind {number}", "health")),
    }
    taken: dict[str, list[float]] = {name: [] for name in (*lists, "ceiling")}
    for number in range(rounds):
        say(f"round {number + 1}")
        for name, people in lists.items():
            taken[name].append(_printed(people))
        taken["ceiling"].append(_copied(lists["alike"]))
    middle = {name: statistics.median(times) for name, times in taken.items()}
    return [
        *(Figure(f"{name}: a person", middle[name], "µs", most=None if name == "apart" else MOST) for name in lists),
        Figure("ceiling: a person", middle["ceiling"], "µs"),
        *(Figure(f"{name}: to the ceiling", middle[name] / middle["ceiling"], "×") for name in lists),
    ]


def main() -> None:
    """Measure, print the table, and end with 1 where a goal is missed."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("--people", type=int, default=PEOPLE)
    reading.add_argument("--rounds", type=int, default=ROUNDS)
    given = reading.parse_args()
    figures = bench(given.people, given.rounds)
    sys.stdout.write(table("The words for one person", figures))
    raise SystemExit(any(one.missed for one in figures))


if __name__ == "__main__":
    main()
