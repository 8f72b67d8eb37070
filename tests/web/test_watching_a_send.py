"""Who watches a send is let in as to any page; after that one question answers, and says whether they still may."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, insert, update

from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.sessions import UserSession
from incident_app.models.teams import Team, TeamMember
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import AT, Client, Walk

AGAIN = f"{AT}/delivery/progress.json"
WHEN = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice to three people that is being sent, and its responder, who has looked once."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    made = Walk(app, client_for, test_ports, clock)
    made.upload(csv_of(3))
    made.draft()
    made.post(made.responder, f"{AT}/approval/ask", f"{AT}/approval")
    made.post(made.approver, f"{AT}/approval/give", f"{AT}/approval")
    made.launch(3)
    assert made.responder.get(AGAIN).status_code == 200
    return made


@contextmanager
def questions(app: Flask) -> Iterator[list[str]]:
    """Collect what the database is asked."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def look(app: Flask, client: FlaskClient) -> tuple[int, int]:
    """Look; return the status, and how many questions it took."""
    with questions(app) as asked:
        status = client.get(AGAIN).status_code
    return status, len(asked)


def test_the_filters_of_a_send_count_along_with_its_sum_and_the_list_says_of_when_it_is(walk: Walk) -> None:
    going = walk.responder.get(f"{AT}/delivery").text
    live = going[going.index('data-poll="') : going.index("<table")]
    walk.pump()
    over = walk.responder.get(f"{AT}/delivery").text

    assert [live.count(f'data-bind="{name}"') for name in ("accepted", "uncertain", "failed", "waiting")] == [2, 2, 2, 2]
    assert "As of " in going
    assert "data-poll=" not in over
    assert "As of " not in over
    assert "outcome=uncertain" not in over


def test_who_watches_sees_what_is_new_by_one_question(app: Flask, walk: Walk, clock: FakeClock) -> None:
    # Given somebody who has looked once, and a send that goes on
    before = walk.responder.get(AGAIN)
    walk.pump()

    # When they look again, then it is new, by one question, like what anybody sees who comes the whole way
    with questions(app) as asked:
        after = walk.responder.get(AGAIN)
    assert len(asked) == 1
    assert before.json is not None
    assert after.json is not None
    assert (before.json["waiting"], after.json["waiting"], after.json["accepted"]) == (3, 0, 3)
    assert after.json == walk.approver.get(AGAIN).json
    assert after.headers["Content-Security-Policy"]

    # … what has not changed costs no body, and half a minute later they come the whole way once more
    assert walk.responder.get(AGAIN, headers={"If-None-Match": after.headers["ETag"]}).status_code == 304
    clock.move(seconds=31)
    assert look(app, walk.responder)[1] > 1
    assert look(app, walk.responder) == (200, 1)

    # … as does who looks without a pause, again and again
    assert max(look(app, walk.responder)[1] for _ in range(45)) > 1


def _shut(user: User) -> None:
    db.session.execute(update(User).where(User.id == user.id).values(active=False))


def _ended(user: User) -> None:
    db.session.execute(update(UserSession).where(UserSession.user_id == user.id).values(ended_at=UserSession.made_at))


def _without_role(user: User) -> None:
    user.roles.clear()


def _restricted(_user: User) -> None:
    db.session.execute(update(Case).values(restricted=True, version=Case.version + 1))


def _of_others(user: User) -> None:
    team = Team(name="Blue", made_at=WHEN)
    db.session.add(team)
    db.session.flush()
    db.session.execute(update(Case).values(team_id=team.id))
    db.session.execute(delete(TeamMember))


@pytest.mark.parametrize(("happens", "status"), [
    (_shut, 401), (_ended, 401), (_without_role, 403), (_restricted, 404), (_of_others, 404)])
def test_who_may_look_no_longer_sees_nothing_from_that_moment_on(
    app: Flask, walk: Walk, happens: Callable[[User], None], status: int
) -> None:
    # Given somebody who watches, whose next look would take one question
    assert look(app, walk.responder) == (200, 1)

    # When what let them in changes
    with app.app_context():
        user = db.session.query(User).filter_by(email="responder@example.org").one()
        happens(user)
        db.session.commit()

    # Then the very next look is refused, in the words every page has
    assert walk.responder.get(AGAIN, headers={"Accept": "application/json"}).status_code == status


def test_a_watcher_who_joins_a_team_is_looked_at_anew(app: Flask, walk: Walk) -> None:
    assert look(app, walk.responder) == (200, 1)
    with app.app_context():
        user = db.session.query(User).filter_by(email="responder@example.org").one()
        team = Team(name="Blue", made_at=WHEN)
        db.session.add(team)
        db.session.flush()
        db.session.execute(insert(TeamMember).values(team_id=team.id, user_id=user.id))
        db.session.commit()

    status, asked = look(app, walk.responder)

    assert status == 200
    assert asked > 1


def test_nobody_sees_by_the_look_of_somebody_else(app: Flask, walk: Walk, client_for: Client) -> None:
    # Given a responder who watches
    assert look(app, walk.responder) == (200, 1)

    # When nobody we know asks the same, or the responder about a notice that is not there, then it is refused as ever
    assert app.test_client().get(AGAIN, headers={"Accept": "application/json"}).status_code == 401
    assert walk.responder.get(AGAIN.replace("notices/1", "notices/2")).status_code == 404

    # … and so are on-call people, who see no notices
    assert client_for("oncall_person").get(AGAIN).status_code in {403, 404}


def test_the_groups_of_a_send_are_given_alone_for_a_page_that_follows_them(walk: Walk, client_for: Client) -> None:
    # Given the page of a send that goes on: it says where its groups are to be had
    page = walk.responder.get(f"{AT}/delivery").text
    assert f'data-follow="{AT}/delivery?part=live"' in page

    # When they are asked for before and after people were told
    before = walk.responder.get(f"{AT}/delivery?part=live").text
    walk.pump()
    after = walk.responder.get(f"{AT}/delivery?part=live").text

    # Then it is the part alone, with what is true by then, for whoever may see the page
    assert "<html" not in before
    assert "Accepted, by group" in before
    assert "0 of 3" in before
    assert "3 of 3" in after
    assert "As of " not in after
    assert client_for("reporter").get(f"{AT}/delivery?part=live").status_code == 403
    assert "data-follow=" not in walk.responder.get(f"{AT}/delivery").text
