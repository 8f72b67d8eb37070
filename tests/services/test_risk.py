"""The score proposes, a named human decides."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.cases import Count
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, of_case
from incident_app.models.risk import Assessment
from incident_app.services import audit, cases, obligations, risk
from incident_app.services.unit import writing
from tests.builders import a_case, not_told, the_law, the_world
from tests.fakes import FakeClock

ANSWERS = rules.Answers(
    classes=(rules.ClassAnswer(rules.DataClass.SENSITIVE, 0, "Health words"),), ei=Decimal("0.75"),
    confidentiality=Decimal("0.5"), integrity=Decimal(0), availability=Decimal(0), malicious=True,
)


NOTHING_KNOWN = risk.Extra()


def assessed(
    session: Session, case_id: int, by: Actor, clock: FakeClock, answers: rules.Answers = ANSWERS,
    extra: risk.Extra = NOTHING_KNOWN, **reasons: str,
) -> Assessment:
    """Score a case."""
    return risk.assess(session, case_id, answers, reasons={"ei": "Display name"} | reasons, extra=extra, by=by,
                       now=clock.now(), law=the_law())


def test_a_score_keeps_its_figures_reasons_and_proposal(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    first = assessed(session, case.id, responder, clock)
    second = assessed(session, case.id, responder, clock)

    assert (first.se, first.level, first.number, second.number) == ("4", "very_high", 1, 2)
    assert first.proposal["authority"]
    assert first.proposal["people"]
    assert first.reasons
    newest = risk.latest(session, case.id)
    assert newest is not None
    assert newest.id == second.id
    assert [one.number for one in risk.history(session, case.id)] == [2, 1]


def test_every_factor_keeps_value_reason_author_moment_and_method(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    # Given a score by the responder
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock, extra=risk.Extra(restored_in_hours=4))
    began = clock.now().isoformat()

    # When the approver changes one value and one reason an hour later
    clock.move(hours=1)
    second = assessed(session, case.id, approver, clock, replace(ANSWERS, malicious=False),
                      risk.Extra(restored_in_hours=4, effect_on_people=rules.Effect.MINOR), confidentiality="The log")

    # Then each factor names who set it as it is, and when
    found = {one["name"]: one for one in second.answers["factors"]}
    later = clock.now().isoformat()
    assert {name: (one["by_id"], one["at"]) for name, one in found.items()} == {
        "classes": (responder.id, began), "ei": (responder.id, began), "integrity": (responder.id, began),
        "availability": (responder.id, began), "restored_in_hours": (responder.id, began),
        "confidentiality": (approver.id, later), "malicious": (approver.id, later),
        "effect_on_people": (approver.id, later),
    }
    assert (found["ei"]["value"], found["ei"]["reason"], found["ei"]["method"]) == (
        "0.75", "Display name", "ENISA 2013 v1.0")
    assert found["effect_on_people"]["value"] == "minor"


def test_reasons_for_a_factor_that_there_is_not_are_refused(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)

    with pytest.raises(Refused) as refused:
        assessed(session, case.id, responder, clock, mood="Bad")
    assert list(refused.value.problems) == ["reasons.mood"]


@pytest.mark.parametrize(("given", "field"), [
    ({"mood": True}, "extra.mood"), ({"identity_theft": "yes"}, "extra.identity_theft"),
    ({"restored_in_hours": -1}, "extra.restored_in_hours"), ({"restored_in_hours": True}, "extra.restored_in_hours"),
    ({"effect_on_people": "bad"}, "extra.effect_on_people"),
])
def test_facts_that_there_are_not_are_refused_by_name(given: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        risk.Extra.from_plain(given)
    assert list(refused.value.problems) == [field]


def test_facts_are_read_as_they_were_kept_and_old_questions_are_passed_over() -> None:
    extra = risk.Extra(restored_in_hours=4, effect_on_people=rules.Effect.NONE, identity_theft=False)

    assert risk.Extra.kept({"extra": extra.plain() | {"restored_in_time": True}}) == extra
    assert risk.Extra.from_plain({"effect_on_people": None}) == risk.Extra()


def test_what_would_change_is_told_and_a_proposal_goes_stale_with_the_facts(
    session: Session, responder: Actor, clock: FakeClock
) -> None:
    # Given a slip to one known addressee, scored low
    case = a_case(session, responder, people=Count.exact(15), data_categories=("contact",))
    assert risk.considered(session, case, the_law()) is None
    _know(session, case.id, responder, clock, confidentiality=True, integrity=False, availability=False, malicious=False)
    slip = replace(ANSWERS, classes=(rules.ClassAnswer(rules.DataClass.SIMPLE),), ei=Decimal(1),
                   confidentiality=Decimal("0.25"), malicious=False)
    made = assessed(session, case.id, responder, clock, slip, risk.Extra(recipients_known=True))
    assert (made.proposal["authority"], made.proposal["people"]) == (False, False)

    # When it is looked at, then the answers that would move it are named
    session.refresh(case)
    now = risk.considered(session, case, the_law())
    assert now is not None
    assert not now.stale
    assert "Harm meant" not in {one.words for one in now.changes}
    assert "Is everybody known who got the data? No" in {one.words for one in now.moves}
    assert now.flags == ()

    # And once there are many more people, the proposal is stale
    _know(session, case.id, responder, clock, people=Count.exact(4000))
    session.refresh(case)
    later = risk.considered(session, case, the_law())
    assert later is not None
    assert later.stale
    assert later.now.notify_authority
    assert later.flags == ("more than 100 people",)


def _know(session: Session, case_id: int, by: Actor, clock: FakeClock, **facts: object) -> None:
    case = session.get_one(Case, case_id)
    known = cases.facts_of(case)
    plain = {name: getattr(known, name) for name in known.__slots__} | facts
    cases.edit(session, case_id, cases.Facts(**plain), version=case.version, by=by, now=clock.now(), world=the_world())


def test_duties_follow_the_decision(
    session: Session, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    # Given a scored case
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock)

    # When the approver needs facts first, nothing moves; then they decide both, and a second person confirms
    risk.decide(session, case.id, "people", risk.NEED_MORE_FACTS, "Who read it is open", by=approver, now=clock.now())
    assert case.state == "assessed"
    risk.decide(session, case.id, "authority", risk.REQUIRED, "A risk is likely", by=approver, now=clock.now())
    not_told(session, case.id, "people", "All were told by phone", approver, second_approver, clock.now())

    # Then the duties are owed and excused, the difference is on record, and the case is decided
    states = {duty.recipient_type: duty.state for duty in session.scalars(of_case(case.id))}
    assert (states["authority"], states["data_subjects"]) == (OWED, EXCUSED)
    assert risk.decided(session, case.id)["people"].differs
    assert case.state == "decided"
    assert len(risk.decisions(session, case.id)) == 3

    # And deciding again leaves the case where it is
    risk.decide(session, case.id, "people", risk.REQUIRED, "They can protect themselves", by=approver, now=clock.now())
    assert {duty.state for duty in session.scalars(of_case(case.id)) if duty.recipient_type == "data_subjects"} == {OWED}
    assert case.state == "decided"


def test_a_decision_changed_after_everybody_was_told_does_not_send_the_case_back(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    # Given a decided case of which everybody has been told
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock)
    for subject in ("authority", "people"):
        risk.decide(session, case.id, subject, risk.REQUIRED, "A risk is likely", by=approver, now=clock.now())
    with writing(session):
        for duty in session.scalars(of_case(case.id)):
            obligations.discharge(session, duty, at=clock.now(), how="portal", reference="1", proof_document_id=None,
                                  late_reason="", by=approver, now=clock.now())
    assert case.state == "notified"

    # When the approver decides once more, then what is done stays done
    risk.decide(session, case.id, "people", risk.NOT_REQUIRED, "It was not even needed", by=approver, now=clock.now())
    assert case.state == "notified"
    assert {duty.state for duty in session.scalars(of_case(case.id))} == {DISCHARGED}


def test_a_decision_about_a_breach_without_personal_data_moves_no_duty(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder, people_data="no")
    assessed(session, case.id, responder, clock)

    risk.decide(session, case.id, "authority", risk.NOT_REQUIRED, "No data of people", by=approver, now=clock.now())

    assert list(session.scalars(of_case(case.id))) == []
    assert "obligation.excused" not in {entry.action for entry in audit.of_case(session, case.id)}


def test_a_decision_needs_a_reason_and_an_approver(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    with pytest.raises(Forbidden):
        risk.decide(session, case.id, "people", risk.REQUIRED, "Because it is so", by=responder, now=clock.now())
    with pytest.raises(Refused) as refused:
        risk.decide(session, case.id, "press", "perhaps", "no", by=approver, now=clock.now())
    assert set(refused.value.problems) == {"subject", "outcome", "reason"}
    with pytest.raises(Refused, match="Score the severity first"):
        risk.decide(session, case.id, "people", risk.REQUIRED, "Because it is so", by=approver, now=clock.now())


def test_closed_and_unknown_cases_are_not_scored(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    case.state = "closed"
    session.commit()

    with pytest.raises(Conflict):
        assessed(session, case.id, responder, clock)
    with pytest.raises(NotFound):
        assessed(session, 999, responder, clock)


def test_what_was_scored_and_decided_stands_in_the_record(
    session: Session, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock)
    not_told(session, case.id, "people", "All were told by phone", approver, second_approver, clock.now())

    actions = session.scalars(select(Entry.action).order_by(Entry.seq)).all()
    assert actions[-4:] == ["risk.assessed", "risk.decided", "risk.confirmed", "obligation.excused"]


def test_the_categories_say_what_nobody_has_answered(session: Session, responder: Actor) -> None:
    said = risk.said_by_categories(a_case(session, responder, data_categories=("contact", "ai_prompts")), the_law())

    assert said == {"special_data": True, "identity_theft": False, "birth_date": False, "basic_contact_only": False,
                    "vulnerable_people": False}
    assert risk.said_by_categories(a_case(session, responder), the_law()) == {}
