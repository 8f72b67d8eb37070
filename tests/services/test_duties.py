"""Duties follow the facts, the law, and what was sent; nothing is deleted."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.regimes import Entity
from incident_app.models.obligations import (
    DISCHARGED,
    MAYBE,
    OWED,
    SUPERSEDED,
    UNDECIDED,
    Obligation,
    of_case,
)
from incident_app.models.organisation import Organisation
from incident_app.services import closing, filings, obligations
from incident_app.services.unit import writing
from tests.builders import a_case, the_forms, the_law
from tests.fakes import START, FakeCalendar, FakeVault
from tests.people import People
from tests.services.duty_steps import change, duty_of, in_sector, law_with, versions_of
from tests.services.filing_steps import SOON, all_answered, an_approved_filing, in_full, submit

ACTED = START + timedelta(hours=3)


def follow(session: Session) -> int:
    return obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=ACTED).done


def test_a_law_of_the_people_stands_beside_the_law_at_home(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("TR", "SG"))

    regimes = {one.regime for one in session.scalars(of_case(case.id))}

    assert {"EU-GDPR", "TR-KVKK", "SG-PDPA"} <= regimes
    turkish = duty_of(session, case, "Art 12(5); Board dec. 2019/10")
    assert (turkish.state, turkish.always) == (OWED, True), "no risk is asked for there"
    assert duty_of(session, case, "Art 33(1)").state == UNDECIDED


def test_a_sector_nobody_asked_about_keeps_its_duties_in_sight_and_wakes_nobody(
    session: Session, people: People
) -> None:
    # Given an organisation nobody has asked what it is
    session.scalars(select(Organisation)).one().sectors = None
    session.commit()
    case = a_case(session, people.responder)
    assert {one.state for one in versions_of(session, case, "Art 5(1)(a)")} == {MAYBE}
    assert "EU-DORA" not in {one.regime for one in session.scalars(of_case(case.id))}
    assert any("hang on what the organisation is" in gap.words for gap in closing.gaps(session, case, ACTED))

    # When it says that it is a bank, then its duties are to be decided; the others are gone
    in_sector(session, "bank")
    case.law_version = ""
    session.commit()
    follow(session)

    assert [one.state for one in versions_of(session, case, "Art 5(1)(a)")] == [SUPERSEDED, UNDECIDED]
    assert {one.state for one in versions_of(session, case, "Art 23(4)(a)")} == {SUPERSEDED}
    assert not any("hang on" in gap.words for gap in closing.gaps(session, case, ACTED))


def test_of_two_limits_the_one_that_runs_counts(session: Session, people: People) -> None:
    in_sector(session, "financial")
    case = a_case(session, people.responder)

    dora = duty_of(session, case, "Art 5(1)(a)")

    assert dora.due_at == START + timedelta(hours=24), "until it is classified the other limit counts"
    assert dora.state == UNDECIDED


def test_a_change_of_the_law_makes_a_new_version_and_the_old_deadline_stays(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    gdpr = the_law().regime("EU-GDPR")
    assert gdpr is not None
    rules = tuple(replace(rule, value=48) if rule.value == 72 else rule for rule in gdpr.rules)

    done = obligations.follow_law(session, law=law_with({"EU-GDPR": replace(gdpr, rules=rules)}),
                                  calendar=FakeCalendar(), now=ACTED)

    old, new = versions_of(session, case, "Art 33(1)")
    assert done.done == 1
    assert (old.state, old.state_reason, old.superseded_at) == (SUPERSEDED, "The rule changed.", ACTED)
    assert (old.due_at, new.due_at) == (START + timedelta(hours=72), START + timedelta(hours=48))
    assert new.rule_version == "another-law"


def test_a_case_that_follows_the_law_is_left_alone(session: Session, people: People) -> None:
    a_case(session, people.responder)

    assert follow(session) == 0


def test_looking_twice_changes_nothing(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("BR", "US", "JP"))
    before = [(one.id, one.due_at, one.state) for one in session.scalars(of_case(case.id))]

    with writing(session):
        again = obligations.arise(session, case, by=people.responder, now=ACTED, law=the_law(), calendar=FakeCalendar())

    assert again == []
    assert [(one.id, one.due_at, one.state) for one in session.scalars(of_case(case.id))] == before


def test_an_incomplete_filing_leaves_the_rest_owed_until_it_is_complete(session: Session, people: People) -> None:
    # Given a first filing that left things open
    vault = FakeVault()
    first = submit(session, an_approved_filing(session, people, vault), people, vault)
    assert first.complete is False
    case = first.case

    # Then the rest is owed at once (Art 33(4)), from the moment of the first
    rest = duty_of(session, case, "Art 33(4)")
    assert (rest.state, rest.anchor_at, rest.due_at) == (OWED, first.submitted_at, None)
    assert rest.target_at is not None


def test_a_complete_follow_up_ends_the_duty_to_send_the_rest(session: Session, people: People) -> None:
    vault = FakeVault()
    first = submit(session, an_approved_filing(session, people, vault), people, vault)
    rest = duty_of(session, first.case, "Art 33(4)")

    with writing(session):
        obligations.supplemented(session, first.obligation, at=ACTED, how="portal", reference="2", proof_document_id=None,
                                 by=people.approver, now=ACTED)

    assert (rest.state, rest.receipt_reference, rest.late_by_seconds) == (DISCHARGED, "2", None)


def test_a_late_supplement_says_with_what_it_was_sent(session: Session, people: People) -> None:
    vault = FakeVault()
    first = submit(session, an_approved_filing(session, people, vault), people, vault)
    rest = duty_of(session, first.case, "Art 33(4)")
    rest.due_at = ACTED - timedelta(hours=1)
    session.commit()

    with writing(session):
        obligations.supplemented(session, first.obligation, at=ACTED, how="portal", reference="2", proof_document_id=None,
                                 by=people.approver, now=ACTED)

    assert (rest.late_by_seconds, rest.late_reason) == (3600, "Sent with the complete filing.")


def test_a_notice_that_was_sent_starts_the_clock_of_what_follows(session: Session, people: People) -> None:
    # Given more than five hundred people in California
    case = change(session, a_case(session, people.responder, countries=("US-CA",)), people.responder)
    sample = duty_of(session, case, "(f)")
    assert (sample.anchor_at, sample.due_at) == (None, None)

    # When they were told
    notice = duty_of(session, case, "(a)")
    with writing(session):
        obligations.discharge(session, notice, at=ACTED, how="notice", reference="1", proof_document_id=None,
                              late_reason="", by=people.approver, now=ACTED)
    assert follow(session) == 1

    # Then the sample for the Attorney General is due fifteen days later
    assert duty_of(session, case, "(f)").anchor_at == ACTED
    assert follow(session) == 0


def test_a_processor_owes_each_controller_a_notice_of_its_own(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    both = (Entity("Acme"), Entity("Globex", START - timedelta(hours=1)))

    case = change(session, case, people.responder, role="processor", controllers=both)

    assert duty_of(session, case, "Art 33(2)", recipient="Acme").controller == "Acme"
    globex = duty_of(session, case, "Art 33(2)", recipient="Globex")
    assert globex.anchor_at == START - timedelta(hours=1)
    assert versions_of(session, case, "Art 33(1)")[-1].state == SUPERSEDED


def the_rest(session: Session, people: People, *, complete: bool) -> Obligation:
    """File incompletely, then file the rest, with or without everything; return the duty to file the rest."""
    vault = FakeVault()
    first = submit(session, an_approved_filing(session, people, vault), people, vault)
    rest = duty_of(session, first.case, "Art 33(4)")
    filing = filings.draft(session, rest.id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())
    for _ in range(3):
        answers = in_full(filing) if complete else all_answered(filing)
        filing = filings.save(session, filing.id, answers, version=filing.version, by=people.responder, now=SOON,
                              forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON,
                                  forms=the_forms())
    filing = filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON,
                             forms=the_forms(), vault=vault)
    assert submit(session, filing, people, vault).complete is complete
    return rest


def test_filing_the_rest_ends_its_duty_only_when_nothing_is_left_open(session: Session, people: People) -> None:
    assert the_rest(session, people, complete=False).state == OWED


def test_filing_all_of_the_rest_ends_its_duty(session: Session, people: People) -> None:
    rest = the_rest(session, people, complete=True)

    assert (rest.state, rest.discharged_at) == (DISCHARGED, SOON)
