"""The steps of a filing, for the tests that need one far along."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.filings import Situation, cover, from_json
from incident_app.domain.filings.forms import Phase
from incident_app.domain.risk import Answers, ClassAnswer, DataClass
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.services import cases, filings, risk
from tests.builders import a_case, the_forms, the_law, the_world
from tests.fakes import START, FakeCalendar, FakePdf, FakeVault
from tests.people import People
from tests.services.paper_steps import make

SOON = START + timedelta(hours=2)
PROOF = b"%PDF receipt of the portal"


def an_owed_case(session: Session, people: People, **facts: object) -> Case:
    """File a case, assess it, and decide that authority and people are told."""
    case = a_case(session, people.responder, **facts)
    known = cases.facts_of(case)
    plain = {name: getattr(known, name) for name in known.__slots__} | {
        "people": Count.about(10_000), "confidentiality": True, "data_categories": ("account", "ai_prompts"),
        "cause": "A debug export was left in open storage.", "countries": ("DE", "FR"),
        "measures_taken": "Access was closed.", "processors": ("Example Cloud",),
        "occurred_at": START - timedelta(hours=12), "contained_at": START + timedelta(hours=1),
    }
    cases.edit(session, case.id, cases.Facts(**plain), version=case.version, by=people.responder, now=SOON,
               world=the_world())
    answers = Answers((ClassAnswer(DataClass.SENSITIVE),), Decimal(1), Decimal("0.5"), Decimal(0), Decimal(0), False)
    risk.assess(session, case.id, answers, reasons={}, extra=risk.Extra(), by=people.responder, now=SOON,
                law=the_law())
    for subject in ("authority", "people"):
        risk.decide(session, case.id, subject, "required", "The prompts tell of health.", by=people.approver, now=SOON)
    return session.get_one(Case, case.id)


def duty_of(session: Session, case: Case) -> Obligation:
    """Return the duty to the supervisory authority at home."""
    return session.scalars(
        select(Obligation).where(
            Obligation.case_id == case.id, Obligation.recipient_type == "authority",
            Obligation.provision == "Art 33(1)", Obligation.state != "superseded",
        )
    ).one()


def a_draft(session: Session, people: People, case: Case | None = None) -> Filing:
    """Draft the filing to the authority at home."""
    case = case or an_owed_case(session, people)
    return filings.draft(session, duty_of(session, case).id, by=people.responder, now=SOON, forms=the_forms(),
                         law=the_law())


def all_answered(filing: Filing, *, late: bool = False) -> dict[str, dict[str, object]]:
    """Return answers for everything still open: a value where waiting is no answer, else "not yet known"."""
    given: dict[str, dict[str, object]] = {}
    held, form = from_json(filing.answers), the_forms()[filing.form_id]
    for _ in range(2):
        for gap in cover(form, held, Situation(Phase(filing.phase), late=late)).open_gaps:
            field = form.field(gap.field_id)
            assert field is not None
            given[field.id] = {"not_yet_known": True} if field.may_wait else {"value": "In words."}
        held = held | from_json({name: {"value": one.get("value"), "source": "typed",
                                        "not_yet_known": one.get("not_yet_known", False)}
                                 for name, one in given.items()})
    return given


def in_full(filing: Filing) -> dict[str, dict[str, object]]:
    """Return a real answer for everything that is missing or was to follow."""
    some: dict[str, object] = {
        "text": "In words.", "moment": "2026-11-20T08:00:00+00:00", "count": {"certainty": "exact", "low": 5},
        "yesno": True}
    given: dict[str, dict[str, object]] = {}
    form = the_forms()[filing.form_id]
    for gap in cover(form, from_json(filing.answers), Situation(Phase(filing.phase), late=False)).gaps:
        field = form.field(gap.field_id)
        assert field is not None
        first = field.options[0].id if field.options else "In words."
        given[field.id] = {"value": {"choice": first, "list": [first]}.get(field.type.value, some.get(field.type.value))}
    return given


def an_asked_filing(session: Session, people: People, case: Case | None = None) -> Filing:
    """Answer what is open and ask for approval."""
    filing = a_draft(session, people, case)
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=people.responder,
                          now=SOON, forms=the_forms())
    return filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON,
                                forms=the_forms())


def an_approved_filing(
    session: Session, people: People, vault: FakeVault, pdf: FakePdf | None = None, case: Case | None = None
) -> Filing:
    """Have it approved by a second person, and printed by a worker."""
    filing = an_asked_filing(session, people, case)
    filing = filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON, forms=the_forms(),
                             vault=vault)
    make(session, vault, pdf, now=SOON)
    return session.get_one(Filing, filing.id)


def submit(
    session: Session, filing: Filing, people: People, vault: FakeVault, *, at: datetime = SOON,
    now: datetime = SOON, **more: object,
) -> Filing:
    """Record the submission."""
    facts: dict[str, object] = {"how": "portal", "reference": "AZ-88213", "proof_name": "receipt.pdf",
                                "proof_bytes": PROOF, "late_reason": ""}
    return filings.mark_submitted(session, filing.id, submitted_at=at, by=people.approver, now=now, vault=vault,
                                  forms=the_forms(), law=the_law(), calendar=FakeCalendar(),
                                  **(facts | more))  # type: ignore[arg-type]  # named by the test
