"""The demo organisation, as a newcomer finds it."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from incident_app.app import create_app
from incident_app.demo import seed_demo
from incident_app.demo_letters import TOLD
from incident_app.extensions import Base, db
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.obligations import of_case, running
from incident_app.services import accounts, audit, deliveries, notices, remediation
from incident_app.services import tour as tours
from incident_app.wiring import Ports
from tests.builders import settings_for_tests
from tests.fakes import FakeClock


def seeded(tmp_path: Path, ports: Ports, clock: FakeClock) -> Flask:
    """Seed the demo, twice: the second time changes nothing."""
    app = create_app(settings_for_tests(f"sqlite:///{tmp_path / 'demo.sqlite'}", tmp_path), ports=ports)
    with app.app_context():
        Base.metadata.create_all(db.engine)
    seed_demo(app, clock.now())
    seed_demo(app, clock.now())
    return app


def test_the_demo_has_a_case_in_every_state(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    app = seeded(tmp_path, test_ports, clock)

    with app.app_context():
        cases = db.session.scalars(select(Case).order_by(Case.id)).all()
        left = [duty.due_at - clock.now() for duty in db.session.scalars(running()) if duty.due_at]
        assert len(cases) == 7
        assert [len(case.controllers) for case in cases if case.role == "processor"] == [3]
        assert timedelta(hours=11) in left
        assert min(left) < timedelta(0)
        assert [case.is_drill for case in cases].count(True) == 1
        prepared = next(case for case in cases if case.kind == "leaked-ai-prompts")
        assert [notice.state for notice in notices.of_case(db.session(), prepared.id)] == ["draft"]
        assert audit.verify(db.session()).complete
        remediation.wake_overdue(db.session(), now=clock.now())
        told = db.session.scalars(select(Alert.words).where(Alert.kind == "actions")).all()
        assert told == ["1 review due"], "nobody is woken about what was done in time, and one about what is to be looked at"
        reviewer = accounts.find(db.session(), "second@example.org")
        assert reviewer is not None
        assert remediation.due_reviews(db.session(), by=reviewer.actor, now=clock.now()).actions


def test_the_people_of_one_case_were_told_weeks_ago(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    app = seeded(tmp_path, test_ports, clock)

    with app.app_context():
        # Then one notice is finished, to the last of those who were in its case, in the languages they read
        session = db.session()
        case = session.scalars(select(Case).where(Case.kind == "leaked-token", Case.is_drill.is_(False))).one()
        (notice,) = notices.of_case(session, case.id)
        found = deliveries.overview(session, notice.id, now=clock.now())
        assert (notice.state, found.sum.total, found.sum.waiting) == ("finished", TOLD, 0)
        assert case.people.low == TOLD
        assert {language for language, text in notice.texts.items() if "((" in text["body"]} == set(notice.texts)
        assert set(notice.texts) == {"es", "pt"}

        # And what they were promised, and the law asked for, was done in time: weeks ago, before the authority was told
        duty = next(one for one in session.scalars(of_case(case.id)) if one.recipient_type == "data_subjects")
        assert duty.state == "discharged"
        assert notice.finished_at is not None
        assert case.aware_at < notice.finished_at < case.aware_at + timedelta(hours=31)


def test_the_prepared_notice_may_be_approved_and_sent_as_it_is(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    app = seeded(tmp_path, test_ports, clock)

    with app.app_context():
        session, hired = db.session(), {}
        for name in ("responder", "approver"):
            user = accounts.find(session, f"{name}@example.org")
            assert user is not None
            hired[name] = user.actor
        prepared = session.scalars(select(Case).where(Case.kind == "leaked-ai-prompts")).one()
        (notice,) = notices.of_case(session, prepared.id)

        # Then the tour leads there, not to the one that was sent
        tour = tours.find(session, by=hired["responder"])
        assert tour is not None
        assert (tour.ref, tour.notice, tour.sent) == (prepared.ref, notice.number, False)

        # And no language of it waits for words that a newcomer would have to translate
        assert {language: (found.ready, found.findings) for language, found in notices.check(session, notice.id).items()} == dict.fromkeys(
            ("de", "en", "es", "fr"), (True, ()))

        # And two people are enough to have it on its way
        by = {"by": hired["responder"], "now": clock.now()}
        notices.ask_approval(session, notice.id, version=notice.version, envelope=test_ports.envelope, **by)  # type: ignore[arg-type]  # named above
        approved = notices.approve(session, notice.id, version=notice.version, by=hired["approver"], now=clock.now(),
                                   envelope=test_ports.envelope)
        assert approved.state == "approved"
