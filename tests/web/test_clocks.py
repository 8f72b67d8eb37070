"""A duty as a tile: the rule in words, its reminders, and no clock where none runs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incident_app.extensions import db
from incident_app.models.obligations import DISCHARGED, EXCUSED, UNDECIDED, Obligation
from incident_app.services import alerts
from incident_app.web.clocks import Clock, tile
from tests.fakes import START
from tests.services.duties import a_duty, a_plain_case

HOUR = timedelta(hours=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The session of a request."""
    with app.test_request_context():
        yield db.session()


def shown(session: Session, **facts: object) -> Clock:
    duty = a_duty(session, a_plain_case(session), **facts)  # type: ignore[arg-type]  # named by the test
    return tile(duty, START + 24 * HOUR, marks=alerts.marks(session, [duty]).get(duty.id, ()))


def test_the_rule_stands_in_words_with_its_article_and_its_version_only_under_why(session: Session) -> None:
    clock = shown(session, rule_version="f5f532a8c0ffee", confidence="verified")

    assert clock.term_words == "72 h, Art. 33(1)"
    assert clock.notes[-1] == "Version of the law on file: f5f532a8."
    assert not clock.confirm


def test_a_rule_nobody_has_checked_asks_for_counsel(session: Session) -> None:
    clock = shown(session, confidence="check")

    assert clock.confirm
    assert any("counsel" in note for note in clock.notes)


def test_reminders_stand_on_the_bar_at_their_share_of_the_term(session: Session) -> None:
    duty = a_duty(session, a_plain_case(session))
    alerts.raise_due(session, now=START + 24 * HOUR)

    clock = tile(duty, START + 25 * HOUR, marks=alerts.marks(session, [duty])[duty.id])

    assert [(share, kind) for share, kind, _ in clock.ticks[:3]] == [(33.3, "sent"), (66.7, "tick"), (83.3, "tick")]
    assert clock.bar_label == (
        "25 h 0 min of 72 h gone; last reminder: 48 h left: sent Tue 24 Nov 2026 10:40 CET, not acknowledged"
    )


def test_what_is_not_owed_shows_no_clock_and_never_a_delay(session: Session) -> None:
    clock = shown(session, state=EXCUSED, state_reason="Risk is unlikely.", due_at=START + HOUR)

    assert (clock.plain, clock.state, clock.due_text) == ("Not owed", "waiting", "Risk is unlikely.")
    assert "overdue" not in clock.time_words
    assert clock.actions == ()


@pytest.mark.parametrize(
    ("anchor", "words"),
    [("aware", "48 h 0 min after awareness"), ("initial_sent", "48 h 0 min after the first notice"),
     ("processor_aware", "48 h 0 min after awareness")])
def test_what_is_done_without_a_term_says_how_long_after_what_began_it(session: Session, anchor: str, words: str) -> None:
    duty = a_duty(session, a_plain_case(session), anchor=anchor, state=DISCHARGED, discharged_at=START + 48 * HOUR)
    duty.due_at = None

    clock = tile(duty, START + 50 * HOUR)

    assert clock.time_words == words


def test_a_clock_that_has_not_started_says_so(session: Session) -> None:
    duty = a_duty(session, a_plain_case(session), anchor_at=None, anchor="classified_major")
    duty.due_at = None

    clock = tile(duty, START + HOUR)

    assert clock.term_words == "72 h, from the moment the incident was classified as major"
    assert (clock.plain, clock.time_words, clock.ticks) == ("Not started", "Not started", ())


@pytest.mark.parametrize(
    ("mode", "words"), [("undue_delay", "without undue delay"), ("asap", "as soon as possible"), ("per_regulation", "as the regulation sets")]
)
def test_a_term_without_a_number_stands_in_words(session: Session, mode: str, words: str) -> None:
    duty = a_duty(session, a_plain_case(session), value=None, mode=mode, recipient="affected people")
    duty.due_at = None

    clock = tile(duty, START + HOUR)

    assert clock.term_words == f"{words}, Art. 33(1)"
    assert clock.duty == "Affected people"
    assert clock.word == "since"


@pytest.mark.parametrize(
    ("recipient_type", "state", "actions"),
    [("authority", "owed", ["Open filing"]), ("data_subjects", "owed", ["Open notices", "Told another way"]),
     ("authority", UNDECIDED, ["Assess and decide"])],
)
def test_a_tile_leads_to_what_can_be_done(
    session: Session, recipient_type: str, state: str, actions: list[str]
) -> None:
    clock = shown(session, recipient_type=recipient_type, state=state)

    assert [words for words, _, _ in clock.actions] == actions


def test_a_duty_to_somebody_who_takes_no_filing_is_recorded_by_hand(session: Session) -> None:
    duty: Obligation = a_duty(session, a_plain_case(session), recipient_type="other")

    assert tile(duty, START).actions == (("Record as told", f"/cases/BR-2026-021/duties#duty-{duty.id}", False),)


def test_a_duty_to_a_controller_leads_to_the_notice_and_may_be_done_another_way(session: Session) -> None:
    duty: Obligation = a_duty(session, a_plain_case(session), recipient_type="controller")

    assert tile(duty, START).actions == (
        ("Tell the controllers", "/cases/BR-2026-021/controllers", False),
        ("Told another way", f"/cases/BR-2026-021/duties#duty-{duty.id}", False))


def test_a_duty_beside_the_risk_is_decided_at_the_duty_itself(session: Session) -> None:
    # Given a further duty that hangs on another fact than the risk
    duty = a_duty(session, a_plain_case(session), state=UNDECIDED, threshold_id="significant_incident")

    # Then whoever decides is led to it, and whoever does not is told who does
    at = f"/cases/BR-2026-021/duties#duty-{duty.id}"
    assert tile(duty, START).actions == (("Decide…", at, True),)
    assert tile(duty, START).foot == ""
    other = tile(duty, START, decides=False)
    assert (other.actions, other.foot) == ((("See the duty", at, True),), "An approver decides this.")


def test_a_duty_that_hangs_on_the_risk_is_assessed_until_that_decision_stands(session: Session) -> None:
    duty = a_duty(session, a_plain_case(session), state=UNDECIDED, threshold_id="risk")

    assert tile(duty, START).actions == (("Assess and decide", "/cases/BR-2026-021/assess", True),)
    assert tile(duty, START, decides=False).actions == (("Assess", "/cases/BR-2026-021/assess", True),)

    # And one that arose after it is decided by itself
    duty.case.state = "decided"
    assert tile(duty, START).actions == (("Decide…", f"/cases/BR-2026-021/duties#duty-{duty.id}", True),)
