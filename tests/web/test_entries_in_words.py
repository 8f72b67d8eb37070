"""Every entry says what was done to what, in the same words in the record, in the timeline of its case and on paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.record import PROPOSED, WORDS, words_of
from incident_app.models.accounts import ApiToken
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.models.systems import System
from incident_app.models.teams import Team
from incident_app.models.uploads import Upload
from incident_app.services import audit, filings, publishing, record
from incident_app.services.record import Asked
from incident_app.services.reports.contents import case_matter
from incident_app.services.unit import writing
from incident_app.web import timelines
from tests.builders import the_forms, the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import ANYBODY, People

ACTIONS = [*WORDS, *(f"{kind}.{step}" for kind in PROPOSED for step in ("asked", "agreed", "refused", "withdrawn", "voided"))]
SUBJECTS = {
    "action": "action", "alert": "alert", "controllers": "notice", "deliveries": "notice", "document": "document", "filing": "filing",
    "notice": "notice", "obligation": "obligation", "people": "user", "post": "notice", "public": "public_notice", "token": "token",
    "team": "team", "account": "user", "approval": "user", "linking": "user", "recipients": "list", "report": "report",
    "ladder": "ladder", "health": "way",
}
"""What the entries of a door are about; the others are about the case or the house, which stands beside them."""
OTHERWISE = {
    "action.loaded": "runbook", "action.redated": "", "obligation.arisen": "", "controllers.imported": "list",
    "document.discarded": "", "digest.written": "week", "recipients.uploaded": "upload", "recipients.discarded": "upload",
    "recipients.refused": "upload", "recipients.asked": "", "recipients.erased": "", "recipients.opened": "",
    "organisation.system_added": "system", "organisation.system_changed": "system", "organisation.system_retired": "system",
    "organisation.system_used_again": "system", "case.glass_broken": "user", "case.noted": "note",
} | {f"recipients.erase_early.{step}": "" for step in ("asked", "agreed", "refused", "withdrawn", "voided")}
SAID: dict[str, tuple[dict[str, Any], str]] = {
    "action.redated": ({"count": 3}, ""),
    "alert.raised": ({"threshold": "36/72", "words": "36 h left"}, "alert “36 h left”"),
    "case.edited": ({"fields": ["confidentiality", "malicious"]}, "whether somebody could see the data, whether it was done on purpose"),
    "case.awareness_changed": ({"before": "2026-11-23T08:00:00+00:00", "after": "2026-11-23T09:40:00+00:00"},
                               "Mon 23 Nov 2026 09:00 CET → Mon 23 Nov 2026 10:40 CET"),
    "case.system_picked": ({"system": 1, "fields": ["processors"]}, "Shop · processors"),
    "case.readers_chosen": ({"team": 1, "restricted": True}, "Berlin · only who is listed reads it"),
    "controllers.acknowledged": ({"controller": "Controller 3"}, "Controller 3"),
    "document.verified": ({"name": "log.txt", "matches": True}, "log.txt · is what was put in"),
    "filing.edited": ({"fields": ["cause", "systems"], "approval_voided": True}, "2 answers · this took back the approval"),
    "filing.submitted": ({"at": "2026-11-24T09:40:00+00:00", "how": "portal", "reference": "4711"},
                         "told Tue 24 Nov 2026 10:40 CET by portal · reference 4711"),
    "lessons.written": ({"fields": ["cause", "factors", "cause_words", "whys"]},
                        "the cause, what let it happen, the cause in words, why, and why that"),
    "notice.launched": ({"people": 12}, "12 people"),
    "obligation.arisen": ({"duties": [{"recipient": "AEPD", "provision": "Art 33(1)"}]}, "AEPD (Art 33(1))"),
    "obligation.discharged": ({"at": "2026-11-24T09:40:00+00:00", "how": "phone", "reference": "12", "late_reason": "Nobody was in."},
                              "told Tue 24 Nov 2026 10:40 CET by phone · reference 12 · late: Nobody was in."),
    "public.approved": ({"from": "2026-11-30", "until": "2026-12-14"}, "from Mon 30 Nov 2026 until Mon 14 Dec 2026"),
    "recipients.asked": ({"found": ["list 1, Person 3"]}, "found in list 1, Person 3"),
    "report.printed": ({"filing": 2, "recipient": "AEPD"}, "filing 2 to AEPD"),
    "retention.lowered": ({"changed": {"contacts_days": [90, 30]}, "reason": "Less is more"}, "contacts days 90 → 30 · Less is more"),
    "record.exported": ({"filter": {"action": "", "case": "BR-2026-001", "account": None}}, "case BR-2026-001"),
    "review.written": ({"fields": ["judgement"]}, "how it is judged"),
    "risk.assessed": ({"se": "3.75", "level": "very_high"}, "SE 3.75: very high"),
    "risk.decided": ({"about": "people", "outcome": "required", "differs": True, "reason": "Too close", "needs_second": True},
                     "people: is to be told (differs from the proposal) · Too close · waits for a second person"),
    "case.closing_over.asked": ({"reason": "Nothing to win", "gaps": [{"words": "A duty is open"}]}, "still open: A duty is open"),
    "document.scanned": ({"name": "log.txt", "outcome": "bad", "found": "Eicar"}, "log.txt · bad · Eicar"),
    "notice.waived": ({"language": "de", "reason": "It is right"}, "It is right · in German"),
    "post.printed": ({"export": 2}, "file 2"),
}
"""What some entries hold besides, and how it is said."""


@dataclass
class House:
    """A case with one of everything, and what each of them is called."""

    case: Case
    things: dict[str, tuple[int | str, str]] = field(default_factory=dict)


@pytest.fixture
def house(session: Session, people: People, clock: FakeClock) -> House:
    """One notice, one filing, one public notice, one of everything that is recorded about."""
    desk = Desk(session, people, clock)
    notice = desk.launched()
    case, now, day = session.get_one(Case, notice.case_id), desk.now, desk.now.date()
    duty = session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "authority")).first()
    assert duty is not None
    filing = filings.draft(session, duty.id, by=people.responder, now=now, forms=the_forms(), law=the_law())
    public = publishing.draft(session, case.id, languages=("en",), first_day=day, last_day=day + timedelta(days=14), by=people.responder, now=now)
    alert = Alert(key="x", case_id=case.id, obligation_id=duty.id, threshold="36/72", words="36 h left", due_at=now)
    file = Document(public_id="f", case_id=case.id, kind="evidence", name="log.txt", media_type="text/plain", size=1, sha256="ab" * 32, sealed=b"", at=now)
    upload = Upload(public_id="u", case_id=case.id, name="people.csv", at=now, changed_at=now)
    system, team = System(id=1, name="Shop", facts={}), Team(id=1, name="Berlin", made_at=now)
    token = ApiToken(user_id=people.admin.id, name="script", hint="x", digest="d", made_at=now, expires_at=now)
    session.add_all([alert, file, upload, system, team, token])
    session.commit()
    action = session.scalars(select(Action).where(Action.case_id == case.id)).first()
    assert action is not None
    owed = f"{duty.recipient} ({duty.regime} {duty.provision})"
    return House(case, {
        "action": (action.id, action.title), "alert": (alert.id, owed), "document": (file.id, "log.txt"),
        "filing": (filing.id, f"filing 1 to {duty.recipient}"), "list": (notice.list_id, "list 1, people.csv"),
        "notice": (notice.id, "notice 1 to people"), "obligation": (duty.id, owed), "public_notice": (public.id, "public notice 1"),
        "report": ("case", "the case report"), "runbook": ("stolen-credentials", "credentials"), "system": (1, "Shop"), "team": (1, "Berlin"),
        "token": (token.id, "script"), "upload": (upload.id, "people.csv"), "user": (people.reporter.id, "Rosa Reporter"),
        "ladder": ("authority", "for duties to authorities"), "way": ("email", "email"), "week": ("2026-W48", "week 2026-W48"),
        "": ("", ""), "note": (1, ""),
    })


def _recorded(session: Session, house: House, people: People, clock: FakeClock) -> dict[int, tuple[str, str, str]]:
    """Record every action there is; return by number which it was, what it is about, and what else it is to say."""
    found: dict[int, tuple[str, str, str]] = {}
    with writing(session):
        for action in ACTIONS:
            kind = OTHERWISE.get(action, SUBJECTS.get(action.partition(".")[0], ""))
            number, name = house.things[kind]
            details, more = SAID.get(action, ({}, ""))
            entry = audit.record(session, action=action, by=people.approver, now=clock.now(), case_id=house.case.id, subject=kind or "case",
                                 subject_id=number, details=dict(details))
            found[entry.seq] = (action, "" if action == "report.printed" else name, more)
    return found


def _as_read(session: Session, house: House, people: People, clock: FakeClock) -> list[Mapping[int, tuple[str, str]]]:
    """Return words and detail of every entry by its number: in the record, in the timeline, on paper."""
    lines: list[record.Line] = []
    before: int | None = None
    while not lines or before is not None:
        page = record.page(session, Asked(), by=people.auditor, zone=house.case.zone, before=before, limit=500)
        lines, before = [*lines, *page.lines], page.older
    paper: Any = case_matter(session, house.case, clock.now(), by=people.auditor)["timeline"]
    return [{one.seq: (one.words, one.detail) for one in lines},
            {one.seq: (one.words, one.detail) for one in timelines.entries(session, house.case, ANYBODY)},
            {int(one["seq"]): (one["words"], one["reason"]) for one in paper}]


def test_every_action_says_what_it_was_about_in_the_same_words_everywhere(
    session: Session, people: People, clock: FakeClock, house: House
) -> None:
    # Given one entry of each kind that can be recorded, most of them with nothing but what they are about
    recorded = _recorded(session, house, people, clock)

    # When somebody reads the record, the timeline of the case, and its report
    seen = _as_read(session, house, people, clock)

    # Then each has its words, says what it is about, and says the same wherever it is read
    for number, (action, name, more) in recorded.items():
        for place in seen:
            words, detail = place[number]
            assert words == words_of(action)
            assert name in detail, (action, detail)
            assert more in detail, (action, detail)
        assert len({place[number] for place in seen}) == 1, action


def test_no_code_and_no_number_of_a_row_stands_in_what_a_case_says(
    session: Session, people: People, clock: FakeClock, house: House
) -> None:
    # Given what the steps up to a launched notice and a drafted filing left behind
    said = [f"{words} {detail}" for words, detail in timelines_of(session, house)]

    # Then it reads as sentences: no name of a column, no moment of a machine
    assert not [one for one in said if "_" in one or "+00:00" in one]
    assert any("A notice was started notice 1 to people · 12 people" in one for one in said)
    assert any(one.startswith("A filing was drafted filing 1 to ") for one in said)
    assert any(one == "A public notice was drafted public notice 1" for one in said)


def timelines_of(session: Session, house: House) -> list[tuple[str, str]]:
    """Return words and detail of the timeline, the newest first."""
    return [(one.words, one.detail) for one in timelines.entries(session, house.case, ANYBODY)]


def test_duties_that_were_decided_are_named_by_whom_they_tell(session: Session, people: People, clock: FakeClock, house: House) -> None:
    # Given an entry about two duties, as it was always written: by their numbers
    duties = session.scalars(select(Obligation).where(Obligation.case_id == house.case.id).order_by(Obligation.id)).all()[:2]
    with writing(session):
        audit.record(session, action="obligation.excused", by=people.approver, now=clock.now(), case_id=house.case.id, subject="case",
                     subject_id=house.case.ref, details={"duties": [one.id for one in duties], "reason": "No risk to anybody"})

    # Then whoever reads it reads whom they would have told, and why not
    words, detail = timelines_of(session, house)[0]
    assert words == "A duty was found not to be owed"
    assert all(one.recipient in detail for one in duties)
    assert detail.endswith("No risk to anybody")
    assert session.scalars(select(Entry).where(Entry.action == "obligation.excused")).one().details["duties"] == [one.id for one in duties]
