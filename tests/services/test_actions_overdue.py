"""Overdue actions reach their owner first, then the on-call ladder: one alert for a case and a person, until they are done."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import alerts, remediation, rota
from incident_app.services.alerts import by_mail
from incident_app.services.remediation import NewAction, Plan, waking
from incident_app.services.remediation.waking import Woken
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import SECRET, Phones
from tests.services.duties import a_plain_case

DUE = START + timedelta(hours=4)


@pytest.fixture
def case(session: Session, people: People) -> Case:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    return a_plain_case(session, owner_id=people.approver.id, is_drill=True)


@pytest.fixture
def phones(session: Session, clock: FakeClock) -> Phones:
    return Phones(session, clock)


def _action(session: Session, people: People, case: Case, title: str, owner: int | None) -> int:
    return remediation.add(session, case.id, NewAction(title, "remedy", owner, DUE), by=people.responder, now=START).id


def _wake(phones: Phones, **later: float) -> Woken:
    return remediation.wake_overdue(phones.session, now=phones.clock.move(**later))


def _running(session: Session) -> list[tuple[str, int | None]]:
    session.expire_all()
    found = session.scalars(select(Alert).where(Alert.kind == "actions", Alert.ended_at.is_(None)).order_by(Alert.id))
    return [(one.words, one.owner_id) for one in found]


def test_an_owner_gets_one_alert_for_a_case_then_the_on_call_are_woken(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given two things the responder owns, and one of nobody's; all are due at four
    first, second = (_action(session, people, case, name, people.responder.id) for name in ("Ring Ann", "Rotate"))
    nobody = _action(session, people, case, "Look", None)
    assert _wake(phones, hours=4) == Woken(0, 0)

    # When they are overdue
    assert _wake(phones, minutes=1) == Woken(2, 0)

    # Then the responder has one message about both, the owner of the case one about the other: marked as a drill, without a word of what it is
    assert sorted(phones.run()) == [("email", "approver"), ("email", "responder")]
    assert _running(session) == [("2 actions overdue", people.responder.id), ("1 action overdue", None)]
    heads = {message.subject for message in phones.email.sent}
    assert heads == {f"DRILL · {case.ref} · 2 actions overdue", f"DRILL · {case.ref} · 1 action overdue"}
    assert not any("Ring Ann" in message.text for message in phones.email.sent)
    assert _wake(phones, minutes=1) == Woken(0, 0), "once is enough"

    # And after four hours whoever is on call
    assert ("email", "oncall_person") in phones.run(hours=4)

    # When one of the two is done the alert goes on and says so, when both are it ends, and the phones are told nothing more
    remediation.complete(session, first, "Done", by=people.responder, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 0)
    assert _running(session)[0] == ("1 action overdue", people.responder.id)
    remediation.not_needed(session, second, "No", by=people.responder, now=phones.clock.now())
    remediation.complete(session, nobody, "Done", by=people.responder, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 2)
    assert _running(session) == []
    assert phones.run(hours=30) == []
    ended = session.scalars(select(Alert).where(Alert.kind == "actions")).all()
    assert {one.note for one in ended} == {waking.NO_MORE}


def test_whoever_answers_has_a_day(session: Session, people: People, case: Case, phones: Phones) -> None:
    _action(session, people, case, "Rotate", people.responder.id)
    _wake(phones, hours=5)
    phones.run()
    alert = session.scalars(select(Alert).where(Alert.kind == "actions")).one()
    alerts.acknowledge(session, alert.id, by=people.responder, now=phones.clock.now())

    assert phones.run(hours=23) == []
    assert _wake(phones) == Woken(0, 0)
    assert phones.run(hours=2) == [("email", "oncall_person")], "nothing moved for a day"


@pytest.mark.parametrize("chat", ["", "7009"])
@pytest.mark.parametrize("who", ["reporter", "admin"])
def test_an_owner_whom_no_page_is_open_to_is_told_whom_to_ask_and_gets_no_link(
    who: str, chat: str, session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given somebody who sees no alerts and no actions, and owns one
    owner = getattr(people, who)
    session.get_one(User, owner.id).telegram_chat_id = chat or None
    session.commit()
    _action(session, people, case, "Rotate", owner.id)
    _wake(phones, hours=5)

    # Then they hear it all the same, with the name of who knows more
    assert phones.run() == [("telegram", chat) if chat else ("email", who)]
    (message,) = (phones.telegram if chat else phones.email).sent
    assert message.text.splitlines() == [
        f"DRILL · {case.ref} · 1 action overdue",
        "Your account does not open this here: ask Ada Approver what of yours is overdue, and tell them once it is done."]


@pytest.mark.parametrize("why", ["restricted", "nobody", "gone", "sees nothing"])
def test_whom_to_ask_is_an_approver_where_no_owner_of_the_case_can_be_named(
    why: str, session: Session, people: People, case: Case, phones: Phones
) -> None:
    _action(session, people, case, "Rotate", people.reporter.id)
    _wake(phones, hours=5)
    owner = session.get_one(User, people.approver.id)
    case.restricted = why == "restricted"
    case.owner_id = {"nobody": None, "sees nothing": people.admin.id}.get(why, owner.id)
    owner.active = why != "gone"
    session.commit()

    assert phones.run() == [("email", "reporter")]

    assert phones.email.sent[0].text.splitlines()[1] == (
        "Your account does not open this here: ask an approver what of yours is overdue, and tell them once it is done.")


def test_an_auditor_opens_the_alert_about_their_actions_while_they_may_read_the_case(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given an auditor who owns an action of two cases, one of which was restricted before its message left
    other = a_plain_case(session, "BR-2026-022", owner_id=people.approver.id)
    for one in (case, other):
        _action(session, people, one, "Look at it", people.auditor.id)
    _wake(phones, hours=5)
    other.restricted = True
    session.commit()

    # Then the one message leads to a page that opens, and the other one to nobody's page
    assert phones.run() == [("email", "auditor")] * 2
    first, second = (message.text.splitlines()[-1] for message in phones.email.sent)
    page = by_mail(session, first.rpartition("/")[2], secret=SECRET, now=phones.clock.now())
    assert (page.name, page.head) == ("Audrey Auditor", f"DRILL · {case.ref} · 1 action overdue")
    assert second.startswith("Your account does not open this here: ask an approver")


def test_many_of_somebody_whom_no_page_is_open_to_come_without_a_link_too(
    session: Session, people: People, phones: Phones
) -> None:
    # Given six drills, in each of which the reporter owns something
    for number in range(6):
        one = a_plain_case(session, f"BR-2026-05{number}", owner_id=people.approver.id, is_drill=True)
        _action(session, people, one, "Rotate", people.reporter.id)
    _wake(phones, hours=5)

    # Then they come in one message, which says whom to ask
    assert phones.run() == [("email", "reporter")]
    (message,) = phones.email.sent
    assert message.text.startswith("6 alerts at once")
    assert message.text.splitlines()[-1].startswith("Your account does not open this here: ask an approver")


def test_who_takes_it_over_is_told_in_the_place_of_who_had_it(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    number = _action(session, people, case, "Rotate", people.responder.id)
    _wake(phones, hours=5)

    remediation.change(session, number, Plan(people.approver.id, DUE), by=people.responder, now=phones.clock.now())

    assert _wake(phones) == Woken(1, 1)
    assert _running(session) == [("1 action overdue", people.approver.id)]


def test_what_waits_and_what_was_closed_wakes_nobody(session: Session, people: People, case: Case, phones: Phones) -> None:
    number = _action(session, people, case, "Rotate", people.responder.id)
    before = remediation.add(session, case.id, NewAction("Before", "remedy"), by=people.responder, now=START)
    remediation.change(session, number, Plan(people.responder.id, DUE, waits_for=(before.id,)), by=people.responder, now=START)
    gone = a_plain_case(session, "BR-2026-022")
    _action(session, people, gone, "Gone", people.responder.id)
    gone.state, gone.closed_at = "closed", START
    session.commit()

    assert _wake(phones, hours=5) == Woken(0, 0)
    assert remediation.counts(remediation.of_case(session, case.id), phones.clock.now()).waiting == 1


def _overdue_in_many(session: Session, owner: int | None, first: int, cases: int, **case: object) -> list[Case]:
    """Give somebody an overdue action in each of so many cases."""
    made = [a_plain_case(session, f"BR-2027-{number:03}", **case) for number in range(first, first + cases)]
    session.add_all(Action(case_id=one.id, step="Do", kind="remedy", owner_id=owner, due_at=START, made_at=START) for one in made)
    session.commit()
    return made


def test_after_an_upgrade_an_owner_hears_once_of_all_that_was_overdue_long_before(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given old actions in many cases: of the responder, and of nobody in cases of the approver; and one in a drill
    _overdue_in_many(session, people.responder.id, 100, waking.TOGETHER + 1)
    _overdue_in_many(session, None, 200, waking.TOGETHER + 2, owner_id=people.approver.id)
    _action(session, people, case, "Drilled", people.responder.id)

    # When the first sweep comes
    assert _wake(phones, hours=5) == Woken(3, 0)

    # Then each has one message about all of them, with where they are; the drill is told of as one
    assert sorted(phones.run()) == [("email", "approver"), ("email", "responder"), ("email", "responder")]
    assert _running(session) == [
        ("6 actions overdue in 6 cases", people.responder.id), ("1 action overdue", people.responder.id),
        ("7 actions overdue in 7 cases", people.approver.id)]
    assert sum(waking.WHERE in message.text for message in phones.email.sent) == 2
    assert _wake(phones, minutes=1) == Woken(0, 0), "once is enough"


def test_what_becomes_overdue_later_is_told_by_itself_and_the_one_about_many_ends_with_the_last(
    session: Session, people: People, phones: Phones
) -> None:
    # Given somebody who was told of six cases at once
    old = _overdue_in_many(session, people.responder.id, 100, waking.TOGETHER + 1)
    _wake(phones, hours=5)

    # When something else of theirs becomes overdue, it has its own alert
    fresh = a_plain_case(session, "BR-2027-300")
    number = remediation.add(session, fresh.id, NewAction("New", "remedy", people.responder.id, START + timedelta(hours=6)),
                             by=people.responder, now=phones.clock.now()).id
    assert _wake(phones, hours=2) == Woken(1, 0)
    assert _running(session) == [("6 actions overdue in 6 cases", people.responder.id), ("1 action overdue", people.responder.id)]

    # When the old ones are done one by one, the first alert says how many are left, and ends with the last
    for done, one in enumerate(old, start=1):
        [action] = remediation.of_case(session, one.id)
        remediation.complete(session, action.id, "Done", by=people.responder, now=phones.clock.now())
        assert _wake(phones) == Woken(0, 1 if done == len(old) else 0)
        assert len(_running(session)) == (1 if done == len(old) else 2)
    remediation.complete(session, number, "Done", by=people.responder, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 1)
    ended = session.scalars(select(Alert).where(Alert.kind == "actions").order_by(Alert.id)).all()
    assert [one.note for one in ended] == [f"{waking.WHERE} {waking.NONE_AT_ALL}", waking.NO_MORE]


def test_when_many_more_become_overdue_they_are_told_of_anew_with_those_before(
    session: Session, people: People, phones: Phones
) -> None:
    _overdue_in_many(session, people.responder.id, 100, waking.TOGETHER + 1)
    _wake(phones, hours=5)
    later = _overdue_in_many(session, people.responder.id, 200, waking.TOGETHER + 1)
    for one in later:
        [action] = remediation.of_case(session, one.id)
        action.due_at = START + timedelta(hours=6)
    session.commit()

    assert _wake(phones, hours=2) == Woken(1, 0)

    assert _running(session) == [("12 actions overdue in 12 cases", people.responder.id)]
    first = session.scalars(select(Alert).where(Alert.kind == "actions").order_by(Alert.id)).first()
    assert first is not None
    assert first.note == f"{waking.WHERE} {waking.ANEW}"


def test_a_review_that_is_due_wakes_its_owner_and_then_the_on_call_in_a_closed_case_too(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given a remedy of the responder's, done, to be looked at after thirty days, in a case that was closed since
    number = _action(session, people, case, "Rotate", people.responder.id)
    remediation.complete(session, number, "Rotated", by=people.responder, now=START)
    case.state, case.closed_at = "closed", START + timedelta(days=2)
    session.commit()
    for week in range(1, 6):
        begins = START + timedelta(days=7 * week)
        rota.add_shift(session, people.oncall_person.id, begins, begins + timedelta(days=7), by=people.admin, now=START)
    assert _wake(phones, days=29) == Woken(0, 0)

    # When its time has come the owner is told, and after four hours whoever is on call
    assert _wake(phones, days=1, minutes=1) == Woken(1, 0)
    assert _running(session) == [("1 review due", people.responder.id)]
    assert phones.run() == [("email", "responder")]
    assert ("email", "oncall_person") in phones.run(hours=4)

    # When somebody has looked, it is over
    remediation.review(session, number, "works", "No attempt since", by=people.approver, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 1)


def test_overdue_actions_and_due_reviews_of_one_owner_in_one_case_are_one_alert(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    done = _action(session, people, case, "Rotate", people.responder.id)
    remediation.complete(session, done, "Rotated", by=people.responder, now=START)
    _action(session, people, case, "Ring Ann", people.responder.id)

    assert _wake(phones, days=31) == Woken(1, 0)

    assert _running(session) == [("1 action overdue and 1 review due", people.responder.id)]
