"""The first draft, from the facts of the case: only what is true is said, what is unknown is said to be unknown."""

from dataclasses import dataclass
from datetime import date, datetime

from incident_app.domain.notices.advising import consequences_of, steps_of
from incident_app.domain.notices.scripts import isolated
from incident_app.domain.notices.wording import Part, Wording, spoken_date, spoken_moment

AT_A_PROCESSOR = "processor-breach"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a draft uses of the case. Days and moments are local to the case; ``None`` means not known yet.

    ``kind`` is the kind of breach (of the runbooks); ``authority`` the name of who supervises data protection, ``told``
    of the one that has been told, each empty where no name is known; ``personal``: the people have their own kinds of data, and the draft leaves a field for what follows from them;
    ``again_on``: until when the next message is promised. ``own_times``: days and moments are fields, which each person
    reads in the way of their own country. ``dpo``, ``website``: whether there is one. ``processor``: we
    process the data for others.
    """

    aware_on: date
    occurred_on: date | None = None
    contained_at: datetime | None = None
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    categories: tuple[str, ...] = ()
    measures: str = ""
    authority_told: bool = False
    own_language: bool = False
    kind: str = "other"
    authority: str = ""
    told: str = ""
    personal: bool = False
    again_on: date | None = None
    dpo: bool = True
    website: bool = True
    own_times: bool = False
    processor: bool = False


def unknown_of(case: CaseFacts, wording: Wording) -> list[str]:
    """Say what is not known yet, and that or until when we write again; nothing where nothing is unknown."""
    words = wording.unknown
    data = not (case.categories or case.personal)
    lines = [words["when"]] * (case.occurred_on is None) + [words["read"]] * (case.confidentiality is None)
    if not lines and not data:
        return []
    if case.again_on:
        return [*lines, words["again_by"].format(date=spoken_date(case.again_on, wording))]
    return [*lines, words["again"]]


def _nature(case: CaseFacts, wording: Wording) -> str:
    return " ".join([nature_of(case, wording), *unknown_of(case, wording)])


def nature_of(case: CaseFacts, wording: Wording) -> str:
    """Say what happened and when, as far as it is known.

    Of a breach at a processor, a processor does not say where it happened: at itself or at a company that works for it.
    """
    words = wording.nature
    lines = [words["intro"].format(date="((aware_on))" if case.own_times else spoken_date(case.aware_on, wording))]
    if case.occurred_on:
        lines.append(words["occurred"].format(
            date="((occurred_on))" if case.own_times else spoken_date(case.occurred_on, wording)))
    if not (case.processor and case.kind == AT_A_PROCESSOR):
        lines.append(wording.incident.get(case.kind, ""))
    known = [name for name in ("confidentiality", "integrity", "availability") if getattr(case, name)]
    if case.kind in wording.library.read:
        known = [name for name in known if name != "confidentiality"]
    lines += [words[name] for name in known]
    return " ".join(line for line in lines if line)


def _data(case: CaseFacts, wording: Wording) -> str:
    return wording.data_list["intro"] if case.categories or case.personal else wording.unknown["data"]


def _consequences(case: CaseFacts, wording: Wording) -> str:
    if case.personal:
        return f"{wording.consequences['intro']} ((consequences))"
    return consequences_of(case.categories, wording)


def taken_measures(case: CaseFacts, wording: Wording) -> str:
    """Say whether it is contained, and what was written about measures where this is the language of the house."""
    words = wording.measures
    lines = [words["not_contained"]]
    if case.contained_at:
        lines = [words["contained"].format(
            moment="((contained_at))" if case.own_times else spoken_moment(case.contained_at, wording))]
    if case.own_language and case.measures.strip():
        lines.append(" ".join(case.measures.split()))
    return " ".join(lines)


def _measures(case: CaseFacts, wording: Wording) -> str:
    words, lines = wording.measures, [taken_measures(case, wording)]
    if case.authority_told:
        named = words["authority_named" if case.told else "authority"]
        lines.append(named.format(authority=isolated(case.told, wording.language)))
    if not unknown_of(case, wording):
        lines.append(words["promise"])
    return " ".join(lines)


def _advice(case: CaseFacts, wording: Wording) -> str:
    steps = "((steps))" if case.personal else steps_of(case.categories, case.kind, wording)
    several = case.personal or "\n" in steps
    return f"{wording.advice['intro']}\n{steps}" if several else steps


def _contact(case: CaseFacts, wording: Wording) -> str:
    words = wording.contact
    ours = " ".join([words["will"], words["will_not"], *[words["website"]] * case.website])
    named = case.authority and (case.own_times or case.authority != case.told)
    authority = "((authority))" if case.own_times else isolated(case.authority, wording.language)
    complaint = words["complaint_named" if named else "complaint"].format(authority=authority)
    return "\n\n".join([words["dpo" if case.dpo else "no_dpo"], ours, complaint])


def compose(case: CaseFacts, wording: Wording) -> tuple[str, str]:
    """Return subject and body of a draft with every part that Art 34(2) GDPR asks for."""
    parts = {
        Part.NATURE: _nature(case, wording),
        Part.DATA: _data(case, wording),
        Part.CONSEQUENCES: _consequences(case, wording),
        Part.MEASURES: _measures(case, wording),
        Part.ADVICE: _advice(case, wording),
        Part.CONTACT: _contact(case, wording),
    }
    body = "\n\n".join(f"{wording.headings[part]}\n{text}" for part, text in parts.items())
    return wording.subject, f"{wording.greeting}\n\n{body}"
