"""No personal data of affected people in a filing (ICO and Quebec say so): pasted contacts and numbers are refused."""

import re
from collections.abc import Iterable

from incident_app.domain.filings.answers import Answers
from incident_app.domain.filings.forms import Form
from incident_app.domain.refusals import Refused

# Begun only where a word begins: a text of 100,000 letters without an "@" is looked through once, not once for each letter.
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]++@[\w-]+(?:\.[\w-]+)+")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_HANDLE = re.compile(r"(?<![\w.@])@[A-Za-z]\w{4,31}\b")
_NUMBER = re.compile(r"(?<![\w.:/-])\+?\(?\d(?:[ ().\-/]{0,2}\d)+(?![\w:])")
# Dates, times, addresses of machines and thousands are numbers a filing needs.
_HARMLESS = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?"
    r"|(?<![\d/.])\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?!\d)"
    r"|\d{1,2}:\d\d(?::\d\d)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|\b\d{1,3}(?:[ ,.  ]\d{3})+\b(?![ .-]?\d)"
)
LONG_NUMBER = 9


def contacts(text: str) -> tuple[str, ...]:
    """Return the addresses and long numbers in a text that everybody got: they are ours, and may stand in a filing."""
    rest = _HARMLESS.sub("~", _ACCOUNT.sub("~", text))
    numbers = (hit.group() for line in rest.splitlines() for hit in _NUMBER.finditer(line))
    addresses = (hit.group().rstrip(".") for hit in _EMAIL.finditer(text))
    return tuple(dict.fromkeys([*addresses, *(one for one in numbers if len(_digits(one)) >= LONG_NUMBER)]))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def places(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """Return where the text seems to hold contacts or numbers of people: ``line 3: an email address``.

    ``allowed`` are our own addresses and numbers, which may stand anywhere.
    """
    own = {one.casefold() for one in allowed}
    ours = {_digits(one) for one in own}
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        kinds = []
        if any(hit.group().rstrip(".").casefold() not in own for hit in _EMAIL.finditer(line)):
            kinds.append("an email address")
        if _ACCOUNT.search(line):
            kinds.append("an account number")
        rest = _HARMLESS.sub("~", _ACCOUNT.sub("~", line))
        digits = max((len(found_) for hit in _NUMBER.finditer(rest) if (found_ := _digits(hit.group())) not in ours), default=0)
        if digits >= LONG_NUMBER:
            kinds.append(f"a number of {digits} digits (a phone number or an identifier)")
        if len(_HANDLE.findall(line)) > 1:
            kinds.append("a list of user names")
        found += [f"line {number}: {kind}" for kind in kinds]
    return found


def refuse_personal_data(form: Form, answers: Answers, allowed: Iterable[str] = ()) -> None:
    """Raise ``Refused`` naming field and place where an answer seems to hold data of affected people.

    Fields for contacts of staff are left alone.
    """
    own = tuple(allowed)
    problems: dict[str, str] = {}
    for field in form.fields():
        answer = answers.get(field.id)
        if answer is None or field.staff_contact:
            continue
        hits = places(_as_text(answer.value), own)
        if hits:
            problems[field.id] = (
                f"This seems to hold {', '.join(hits)}. An authority must not get data of the affected people: "
                "describe them by kind and number."
            )
    if problems:
        raise Refused("Nothing was saved: a filing must not hold data of affected people.", problems)


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return value if isinstance(value, str) and not _is_moment(value) else ""


def _is_moment(value: str) -> bool:
    return _HARMLESS.match(value) is not None and "\n" not in value and value.endswith("+00:00")


