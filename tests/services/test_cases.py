"""Filing, editing and closing a case."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.cases import Count
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.regimes import Entity
from incident_app.models.cases import Awareness, Case
from incident_app.models.obligations import SUPERSEDED, Obligation, of_case
from incident_app.services import audit, cases, remediation, review, risk
from tests.builders import BREACH, a_case, the_world
from tests.fakes import START, FakeClock


def test_filing_starts_the_clock_of_the_home_law(session: Session, responder: Actor) -> None:
    # Given a breach noticed at nine forty, when it is filed
    case = a_case(session, responder)

    # Then the authority at home is owed within 72 hours, people without a date, and the record keeps it
    duties = {duty.provision: duty for duty in session.scalars(of_case(case.id))}
    assert case.ref == "BR-2026-001"
    assert duties["Art 33(1)"].due_at == START + timedelta(hours=72)
    assert duties["Art 34(1)"].due_at is None
    assert {entry.action for entry in audit.of_case(session, case.id)} >= {"case.filed", "obligation.arisen"}


def test_people_elsewhere_bring_their_own_law(session: Session, responder: Actor) -> None:
    # Given people in Russia and Brazil
    case = a_case(session, responder, countries=("RU", "BR"))

    # Then their rules stand beside the home rule
    assert {duty.regime for duty in session.scalars(of_case(case.id))} == {"EU-GDPR", "RU-152FZ", "BR-LGPD"}


def test_the_first_hint_may_be_written_down_later_and_the_review_counts_from_it(session: Session, responder: Actor) -> None:
    # Given a case of which only awareness is known
    case = a_case(session, responder)
    known = cases.facts_of(case)
    assert known.first_signal_at is None

    # When a hint after awareness is entered it is refused where it was typed, as is one before the breach happened
    def edited(**facts: datetime) -> Case:
        known = replace(cases.facts_of(case), **facts)  # type: ignore[arg-type]  # moments, by their names
        return cases.edit(session, case.id, known, version=case.version, by=responder, now=START + timedelta(hours=2), world=the_world())

    for wrong, words in ((START + timedelta(hours=1), "after awareness"), (START + timedelta(days=9), "after awareness")):
        with pytest.raises(Refused) as refused:
            edited(first_signal_at=wrong)
        assert set(refused.value.problems) == {"first_signal_at"}
        assert words in refused.value.problems["first_signal_at"]
    with pytest.raises(Refused) as refused:
        edited(occurred_at=START - timedelta(hours=3), first_signal_at=START - timedelta(hours=5))
    assert set(refused.value.problems) == {"first_signal_at"}

    # When it came seven hours before
    edited(first_signal_at=START - timedelta(hours=7))
    edited(first_signal_at=START - timedelta(hours=6))

    # Then the review counts from it, and the record says what stood there before
    assert review.facts(session, case).hours.signal_to_awareness == 6.0
    before = [entry.details["was"] for entry in audit.of_case(session, case.id) if entry.action == "case.edited"]
    assert before == [{"first_signal_at": (START - timedelta(hours=7)).isoformat()}, {"first_signal_at": None}], "newest first"


def test_the_same_form_sent_twice_makes_one_case(session: Session, responder: Actor) -> None:
    first = a_case(session, responder, key="abc")
    second = a_case(session, responder, key="abc")

    assert first.id == second.id
    assert session.scalar(select(func.count(Case.id))) == 1


def test_bad_facts_are_named_all_at_once_and_nothing_is_saved(session: Session, responder: Actor, clock: FakeClock) -> None:
    # Given a breach with everything wrong
    wrong = replace(
        BREACH, title="x" * 201, aware_at=START + timedelta(hours=1), aware_source=" ", people_data="maybe",
        kind="no-such-kind", data_categories=("telepathy",),
    )

    # When it is filed
    with pytest.raises(Refused) as refused:
        cases.file(session, wrong, by=responder, now=clock.now(), world=the_world())

    # Then every field is named, and there is no case
    assert set(refused.value.problems) == {"title", "aware_at", "aware_source", "people_data", "kind", "data_categories"}
    assert session.scalar(select(func.count(Case.id))) == 0


def test_a_detection_before_awareness_asks_why(session: Session, responder: Actor) -> None:
    with pytest.raises(Refused) as refused:
        a_case(session, responder, title=" ", detected_at=START - timedelta(hours=3))

    assert set(refused.value.problems) == {"title", "gap_reason"}


def test_a_place_that_is_none_is_named(session: Session, responder: Actor) -> None:
    with pytest.raises(Refused) as refused:
        a_case(session, responder, countries=("DE", "Germany"))

    assert "not Germany." in refused.value.problems["countries"]


def test_controllers_are_named_once_and_the_role_is_one_of_two(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    twice = replace(cases.facts_of(case), role="owner", controllers=(Entity("Acme"), Entity(" Acme ")))

    with pytest.raises(Refused) as refused:
        cases.edit(session, case.id, twice, version=case.version, by=responder, now=START, world=the_world())

    assert set(refused.value.problems) == {"role", "controllers"}


def test_an_auditor_files_nothing(session: Session, auditor: Actor) -> None:
    with pytest.raises(Forbidden):
        a_case(session, auditor)


def test_filing_without_an_organisation_says_what_to_do(session: Session, responder: Actor) -> None:
    session.delete(cases.organisation(session))
    session.commit()

    with pytest.raises(NotFound, match="No organisation"):
        a_case(session, responder)


def test_a_reporter_sees_their_own_case_until_it_is_assessed(session: Session, reporter: Actor, responder: Actor) -> None:
    case = a_case(session, reporter)
    assert cases.find(session, case.ref, by=reporter).id == case.id

    case.state = "assessed"
    session.commit()
    with pytest.raises(NotFound):
        cases.find(session, case.ref, by=reporter)
    assert cases.find(session, case.ref, by=responder).id == case.id
    with pytest.raises(NotFound):
        cases.find(session, "BR-1999-001", by=responder)


def test_a_new_awareness_keeps_the_old_deadline_visible(session: Session, responder: Actor, clock: FakeClock) -> None:
    # Given a case
    case = a_case(session, responder)

    # When awareness turns out to have been two hours earlier
    cases.set_awareness(
        session, case.id, START - timedelta(hours=2), zone="Europe/Berlin", source="Log", reason="The log shows it",
        version=1, by=responder, now=clock.move(hours=1), world=the_world(),
    )

    # Then there are two versions, the new deadline counts, and the old one is still there
    assert session.scalar(select(func.count(Awareness.id))) == 2
    rows = session.scalars(select(Obligation).where(Obligation.provision == "Art 33(1)").order_by(Obligation.id)).all()
    assert [row.state == SUPERSEDED for row in rows] == [True, False]
    assert rows[1].due_at == START + timedelta(hours=70)


def test_awareness_needs_reasons_and_only_an_approver_moves_it_later(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    later, now = START + timedelta(minutes=30), clock.move(hours=2)

    with pytest.raises(Refused) as refused:
        cases.set_awareness(session, case.id, later, zone="UTC", source=" ", reason=" ", version=1, by=responder, now=now,
                            world=the_world())
    assert set(refused.value.problems) == {"aware_at", "source", "reason"}

    moved = cases.set_awareness(session, case.id, later, zone="UTC", source="SOC", reason="Checked", version=1,
                                by=approver, now=now, world=the_world())
    assert moved.aware_at == later


def test_edited_facts_change_the_duties(session: Session, responder: Actor, clock: FakeClock) -> None:
    # Given a case, when it turns out that people live in the United Kingdom
    case = a_case(session, responder)
    facts = replace(cases.facts_of(case), countries=("GB",), people=Count.about(10), confidentiality=True)
    edited = cases.edit(session, case.id, facts, version=1, by=responder, now=clock.now(), world=the_world())

    # Then its law applies, the case has a new version, and nothing changes when nothing changed
    assert "UK-GDPR" in {duty.regime for duty in session.scalars(of_case(case.id))}
    assert (edited.version, edited.people.words()) == (2, "about 10")
    again = cases.edit(session, case.id, facts, version=2, by=responder, now=clock.now(), world=the_world())
    assert again.version == 2

    # And when people's data turn out not to be involved, the open duties go
    nobody = replace(facts, people_data="no")
    cases.edit(session, case.id, nobody, version=2, by=responder, now=clock.now(), world=the_world())
    assert list(session.scalars(of_case(case.id))) == []


def test_a_stale_form_is_refused_and_a_bad_one_names_its_fields(
    session: Session, responder: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    facts = cases.facts_of(case)

    with pytest.raises(Conflict, match="Somebody changed"):
        cases.edit(session, case.id, facts, version=7, by=responder, now=clock.now(), world=the_world())
    wrong = replace(facts, title=" ", contained_at=START + timedelta(days=1), data_categories=("x",), countries=("Spain",))
    with pytest.raises(Refused) as refused:
        cases.edit(session, case.id, wrong, version=1, by=responder, now=clock.now(), world=the_world())
    assert set(refused.value.problems) == {"title", "contained_at", "data_categories", "countries"}
    with pytest.raises(NotFound):
        cases.edit(session, 999, facts, version=1, by=responder, now=clock.now(), world=the_world())


def test_a_correction_stands_under_its_note(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    note = cases.add_note(session, case.id, "About 12,000 people.", by=responder, now=clock.now())
    correction = cases.add_note(session, case.id, "About 10,000.", by=responder, now=clock.now(), corrects=note.id)

    assert [one.id for one in cases.notes_of(session, case.id)] == [correction.id, note.id]
    for text, corrects in ((" ", None), ("x", 999)):
        with pytest.raises(Refused):
            cases.add_note(session, case.id, text, by=responder, now=clock.now(), corrects=corrects)
    with pytest.raises(NotFound):
        cases.add_note(session, 999, "x", by=responder, now=clock.now())


def test_two_countries_are_read_by_the_names_people_write_and_their_laws_apply(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder, countries=("ES", "UK", "GB"))
    assert case.countries == ["ES", "GB"]
    assert "UK-GDPR" in session.scalars(select(Obligation.regime).where(Obligation.case_id == case.id)).all()

    edited = cases.edit(session, case.id, replace(cases.facts_of(case), countries=("EL", "UK", "US-CA")), version=1, by=responder,
                        now=clock.now(), world=the_world())
    assert edited.countries == ["GR", "GB", "US-CA"]


def test_a_case_with_open_duties_says_why_it_cannot_be_closed(session: Session, approver: Actor, clock: FakeClock) -> None:
    case = a_case(session, approver)

    with pytest.raises(Refused, match="cannot be closed yet"):
        cases.close(session, case.id, "Done", version=1, by=approver, now=clock.now())
    with pytest.raises(Refused) as refused:
        cases.close(session, case.id, " ", version=1, by=approver, now=clock.now())
    assert set(refused.value.problems) == {"reason"}


def test_a_closed_case_stays_as_it_is(session: Session, responder: Actor, approver: Actor, clock: FakeClock) -> None:
    # Given a breach without personal data: nobody has to be told, its one action is done, and it is decided
    case = a_case(session, responder, people_data="no", kind="other")
    for action in remediation.open_actions(session, case.id):
        remediation.not_needed(session, action.id, "A false alarm.", by=responder, now=clock.now())
    for action in remediation.open_mandatory(session, case):
        remediation.check(session, action.id, agreed=True, by=approver, now=clock.now())
    case.state = "decided"
    session.commit()

    # When it is closed
    closed = cases.close(session, case.id, " A false alarm. ", version=1, by=approver, now=clock.now())

    # Then the reason stands in the record, and nothing can be changed any more
    assert (closed.state, closed.close_reason, closed.closed_at) == ("closed", "A false alarm.", clock.now())
    assert cases.timeline(session, case.id)[0].action == "case.closed"
    with pytest.raises(Conflict, match="closed"):
        cases.edit(session, case.id, cases.facts_of(closed), version=2, by=responder, now=clock.now(), world=the_world())


def test_the_chain_of_everything_verifies_and_shows_tampering(session: Session, responder: Actor) -> None:
    # Given a few acts
    case = a_case(session, responder)
    assert audit.verify(session).complete

    # When somebody tries to change an entry, the database refuses
    entry = audit.of_case(session, case.id)[0]
    entry.action = "nothing.happened"
    with pytest.raises(Exception, match="never change"):
        session.commit()
    session.rollback()
    assert audit.verify(session).complete


def test_decisions_rest_on_an_assessment(session: Session, approver: Actor, clock: FakeClock) -> None:
    case = a_case(session, approver)

    with pytest.raises(Refused, match="Score the severity first"):
        risk.decide(session, case.id, "people", risk.REQUIRED, "Because it is so", by=approver, now=clock.now())
