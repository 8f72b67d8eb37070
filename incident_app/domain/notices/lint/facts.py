"""Facts in a text: the same in every language, and those of the case."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import Habits, Known, plain, without_fields
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, sections

_THOUSANDS = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?![.,\d])")
_NUMERIC = re.compile(r"(?<![\d.])(\d{1,2})[./](\d{1,2})[./](\d{4})(?!\d)|(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_REFERENCE = re.compile(r"\b[a-z]{2,4}-\d{2,4}-\d{2,6}\b")
_ARTICLE = re.compile(r"(\bart\.?\s?\d+)\.(?=\d)")  # “art. 33.2” names what “Art. 33(2)” does, and no number 33.2
_MONEY = re.compile(r"([€$£₽₺₴]|\beur\b|\busd\b|\bgbp\b)\s?(\d[\d.,' ]*)|(\d[\d.,' ]*)\s?([€$£₽₺₴]|euros?\b|eur\b|usd\b|gbp\b)")
_SIGNS = {"eur": "€", "euro": "€", "euros": "€", "usd": "$", "gbp": "£"}
CONSEQUENCES = "((consequences))"  # filled in for each person, from their own kinds of data
SHOWN = 3


@cache
def _spoken(months: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = "|".join(map(re.escape, months)) or r"(?!)"
    day = r"(\d{1,2})(?:\.|º|er|st|nd|rd|th)?"
    return (re.compile(rf"(?<!\d){day}\s+(?:de\s+|of\s+)?({names})(?!\w)(?:,?\s*(?:de\s+|del\s+)?(\d{{4}}))?"),
            re.compile(rf"(?<!\w)({names})\s+{day}(?!\d)(?:,?\s*(\d{{4}}))?"))


def days_of(text: str, months: tuple[str, ...]) -> tuple[list[tuple[int | None, int, int]], str]:
    """Return the days a text names as (year or ``None``, month, day), and the text without them."""
    found: list[tuple[int | None, int, int]] = []

    def spoken(match: re.Match[str]) -> str:
        first, second, year = match.groups()
        number, name = (first, second) if first.isdigit() else (second, first)
        found.append((int(year) if year else None, months.index(name) + 1, int(number)))
        return " "

    def numeric(match: re.Match[str]) -> str:
        day, month, year, iso_year, iso_month, iso_day = match.groups()
        found.append((int(year or iso_year), int(month or iso_month), int(day or iso_day)))
        return " "

    for pattern in _spoken(months):
        text = pattern.sub(spoken, text)
    return found, _NUMERIC.sub(numeric, text)


def _number(raw: str) -> str:
    digits = raw.strip(" .,:'")
    return re.sub(r"[.,' ]", "", digits) if _THOUSANDS.fullmatch(digits) else digits.replace(",", ".").replace(" ", "")


def numbers_of(text: str) -> list[str]:
    """Return the numbers of a text, written the same way whatever the language: “10,214” and “10.214” are one number."""
    grouped = _THOUSANDS.sub(lambda match: re.sub(r"[.,' ]", "", match[0]), text)
    return [_number(raw) for raw in re.findall(r"\d+(?:[.,:]\d+)*", grouped)]


def _facts(text: Text, months: tuple[str, ...]) -> dict[str, str]:
    """Return each fact as (the same in every language) → how it is shown."""
    body = without_fields(plain(text.body))
    days, rest = days_of(body, months)
    facts = {f"{year or '----'}-{month:02}-{day:02}": f"{day}.{month}." + (f"{year}" if year else "")
             for year, month, day in days}
    for reference in _REFERENCE.findall(rest):
        facts[reference] = reference.upper()
    rest = _ARTICLE.sub(r"\1 ", _REFERENCE.sub(" ", rest))
    for before, amount, later, after in _MONEY.findall(rest):
        sign = before or after
        value = f"{_SIGNS.get(sign, sign)} {_number(amount or later)}"
        facts[value] = value
    rest = _MONEY.sub(" ", rest)
    return facts | {number: number for number in numbers_of(rest)}


def differing_facts(
    texts: Mapping[str, Text], months: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return per language the days, numbers, amounts and references others name and it does not, in words.

    ``months`` are the names of months by language. Texts for one country say more than the others: they are left out.
    """
    every = {language: _facts(text, (months or {}).get(language, ())) for language, text in texts.items()}
    shown = {key: words for facts in every.values() for key, words in facts.items()}
    return {
        language: tuple(f"“{shown[key]}” stands in another language, not here." for key in sorted(shown.keys() - own.keys()))
        for language, own in every.items()
    }


def case_findings(text: Text, wording: Wording, habits: Habits, known: Known) -> Iterator[Finding]:
    """Find days, numbers of people and kinds of data that are not those of the case."""
    whole = plain(text.body)
    days, rest = days_of(without_fields(whole), habits.months)
    yield from _days(days, known)
    yield from _people(rest, habits, known)
    yield from _kinds(whole, wording, habits, known)


def _days(days: list[tuple[int | None, int, int]], known: Known) -> Iterator[Finding]:
    wrong = [(year, month, day) for year, month, day in dict.fromkeys(days) if known.days and not _promised(
        year, month, day, known) and not any(
        (year or one.year, month, day) == (one.year, one.month, one.day) for one in known.days)]
    right = ", ".join(_shown(one) for one in sorted(known.days))
    for year, month, day in wrong[:SHOWN]:
        said = f"{day}.{month}." + (str(year) if year else "")
        yield Finding("other_day", Weight.LOOK, f"“{said}” is none of the days of the case ({right}).")


def _promised(year: int | None, month: int, day: int, known: Known) -> bool:
    today = known.today
    return today is not None and ((year or today.year), month, day) > (today.year, today.month, today.day)


def _shown(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def _people(rest: str, habits: Habits, known: Known) -> Iterator[Finding]:
    if not habits.people or not known.people:
        return
    nouns = "|".join(map(re.escape, habits.people))
    flat = _THOUSANDS.sub(lambda match: re.sub(r"[.,' ]", "", match[0]), rest)
    for raw in re.findall(rf"(\d+)\s+(?:\w+\s+){{0,2}}(?:\w{{1,2}})?(?:{nouns})", flat):
        number = int(raw)
        if not any(least <= number <= most for least, most in known.people):
            right = " or ".join(str(least) if least == most else f"{least} to {most}" for least, most in known.people)
            yield Finding("other_number", Weight.LOOK, f"“{number}” people: the case and the list say {right}.")


def _kinds(whole: str, wording: Wording, habits: Habits, known: Known) -> Iterator[Finding]:
    parts = sections(whole, wording.headings)
    told = "\n".join(parts.get(part, "") for part in (Part.CONSEQUENCES, Part.ADVICE))
    per_person = CONSEQUENCES in whole
    for kind in known.kinds:
        block = wording.blocks.get(kind)
        name = known.labels.get(kind, kind)
        if block is None:
            yield Finding("kind_without_block", Weight.LOOK, f"“{name}”: we have no block for this kind of data. Say in "
                          "your own words what it can mean and what to do.")
        elif not per_person and not _covered(kind, told, wording, habits):
            yield Finding("kind_not_covered", Weight.LOOK, f"“{name}” is affected, and nothing says what that can mean.")
    listed = parts.get(Part.DATA, "")
    for kind, stems in habits.kinds.items():
        named = habits.found(stems, without_fields(listed)) if known.kinds and kind not in known.kinds else []
        if named and not any(habits.found(habits.kinds.get(other, ()), listed) and set(named) & set(habits.kinds.get(other, ()))
                             for other in known.kinds):
            yield Finding("other_kind", Weight.LOOK, f"“{named[0]}…” stands in the list of data, and the case does not name it.")


def _covered(kind: str, told: str, wording: Wording, habits: Habits) -> bool:
    consequence = plain(wording.blocks[kind].consequence)
    own = bool(consequence) and consequence in told
    return own or bool(habits.found(habits.kinds.get(kind, ()), told)) or not (consequence or habits.kinds.get(kind))
