"""What should not be said: playing it down, advertising, blame, an apology before the facts, a request for a secret."""

from collections.abc import Iterator

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import Habits, Known, plain, sentences, without_fields
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, is_heading, sections

EMPTY = {
    "minimising": "“{}” plays it down. Say what you know, what you do not know, and what it can mean.",
    "advertising": "“{}” is an empty phrase or advertising: say what you know, or leave it out.",
    "blame": "“{}” puts the blame on people. Say what to do now.",
}
ASKED = {
    "login": ("login_asked", "“{}” asks people to sign in. False letters do that: let them come by themselves."),
    "code": ("code_asked", "“{}” asks for a password or a code. Nobody should learn to give one away."),
    "attachment": ("attachment", "“{}” speaks of an attachment. A notice has none: put the words into the text."),
}


def phrase_findings(text: Text, wording: Wording, habits: Habits) -> Iterator[Finding]:
    """Find phrases that say nothing, sell something or blame somebody."""
    whole = plain(f"{text.subject}\n{text.body}")
    seen: set[str] = set()
    for name, words in EMPTY.items():
        for phrase in habits.found(habits.phrases.get(name, ()), whole):
            seen.add(phrase)
            yield Finding(name, Weight.LOOK, words.format(phrase))
    for phrase in wording.banned:
        small = plain(phrase)
        if small in whole and not any(small in one or one in small for one in seen):
            yield Finding("advertising", Weight.LOOK, EMPTY["advertising"].format(phrase))


def hedge_findings(text: Text, wording: Wording, habits: Habits, known: Known) -> Iterator[Finding]:
    """Find “may have been read” where it is known that it could be."""
    nature = plain(sections(text.body, wording.headings).get(Part.NATURE, ""))
    found = habits.pattern("hedge").search(nature) if known.certain else None
    if found:
        yield Finding("hedging", Weight.LOOK, f"“{found[0]}”: the case says that this is known. Say that it happened.")


def asking_findings(text: Text, habits: Habits) -> Iterator[Finding]:
    """Find sentences that ask to sign in, for a secret, or to open an attachment; a sentence that denies it is right."""
    for sentence in [plain(without_fields(text.subject)), *sentences(plain(without_fields(text.body)))]:
        for name, (check, words) in ASKED.items():
            found = habits.pattern(name).search(sentence)
            if found and not habits.denies(sentence):
                weight = Weight.LOOK if check == "attachment" else Weight.HOLD
                yield Finding(check, weight, words.format(found[0].strip()))


def order_findings(text: Text, wording: Wording, habits: Habits) -> Iterator[Finding]:
    """Find an apology before the facts, and steps after everything else."""
    head: list[str] = []
    for line in text.body.splitlines():
        if is_heading(line, wording.headings) not in {None, Part.NATURE}:
            break
        if is_heading(line, wording.headings) is None and line.strip():
            head.append(line)
    opening = sentences(plain("\n".join(head)))[:3]
    sorry = [phrase for one in opening[:2] for phrase in habits.found(habits.phrases.get("apology", ()), one)]
    if sorry:
        yield Finding("apology_first", Weight.LOOK, f"“{sorry[0]}” stands before the facts. First what happened and what "
                      "to do, then that you are sorry.")
    order = [part for part in (is_heading(line, wording.headings) for line in text.body.splitlines()) if part]
    if Part.ADVICE in order and Part.CONTACT in order and order.index(Part.ADVICE) > order.index(Part.CONTACT):
        yield Finding("steps_last", Weight.LOOK, "What people can do stands last. Put it before who answers questions.")


def preview_findings(text: Text, habits: Habits) -> Iterator[Finding]:
    """Find words in the subject or the first line that a lock screen should not show to others (ENISA, EDPB 9/2022)."""
    first = next((line for line in text.body.splitlines() if line.strip()), "")
    for where, line in (("subject", text.subject), ("first line", first)):
        for word in habits.found(habits.sensitive, plain(without_fields(line)))[:1]:
            yield Finding("lock_screen", Weight.LOOK, f"“{word}…” stands in the {where}: a locked screen shows it to "
                          "whoever looks. Say it further down.")
