"""A form that is sent twice is carried out once, and both presses land on the same result."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Note
from incident_app.models.submissions import Submission
from incident_app.services import cases, submitting
from incident_app.services.submitting import Sent, SentBefore
from incident_app.services.unit import FIRST, writing
from tests.builders import a_case
from tests.fakes import START

SENT = Sent("0123456789abcdef", "d" * 64)


def _note(session: Session, case_id: int, by: Actor, sent: Sent, text: str = "It began at nine.") -> None:
    session.info[FIRST] = submitting.claim(sent, lands="/cases/x/timeline", by=by, now=START)
    cases.add_note(session, case_id, text, by=by, now=START)


def test_a_second_press_finds_what_came_of_the_first(session: Session, responder: Actor) -> None:
    # Given a note that was sent
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)

    # When the browser sends it again
    with pytest.raises(SentBefore) as again:
        _note(session, case.id, responder, SENT)

    # Then there is one note, and the second press knows where it stands
    assert again.value.found.lands == "/cases/x/timeline"
    assert session.scalar(select(func.count(Note.id))) == 1
    found = submitting.before(session, SENT, by=responder)
    assert found is not None


def test_a_form_that_was_refused_may_be_sent_again(session: Session, responder: Actor) -> None:
    # Given a form that was remembered, and then refused
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)
    submitting.take_back(session, SENT, by=responder)

    # When it is sent again, then it is carried out
    assert submitting.before(session, SENT, by=responder) is None
    _note(session, case.id, responder, SENT)


def test_the_same_key_with_other_words_is_refused_in_words(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)

    with pytest.raises(Refused, match="sent before, with other words"):
        _note(session, case.id, responder, Sent(SENT.key, "e" * 64))
    with pytest.raises(Refused, match="Nothing was saved"):
        submitting.check_key("short")
    assert submitting.check_key(SENT.key) == SENT.key


def test_a_form_that_was_refused_may_be_sent_again_corrected(session: Session, responder: Actor) -> None:
    # Given a note to a case that does not exist
    with pytest.raises(Refused):
        _note(session, 999, responder, SENT)

    # Then nothing is remembered, and the corrected form goes through with the same key
    case = a_case(session, responder)
    _note(session, case.id, responder, Sent(SENT.key, "e" * 64))
    assert session.scalar(select(func.count(Note.id))) == 1


def test_the_key_of_one_person_is_not_the_key_of_another(session: Session, responder: Actor, approver: Actor) -> None:
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)
    _note(session, case.id, approver, SENT)

    assert session.scalar(select(func.count(Note.id))) == 2


def test_what_came_of_it_is_written_down_more_exactly(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)
    submitting.finish(session, SENT, lands="/cases/x#note-1", by=responder)
    submitting.finish(session, SENT, status=201, answer={"id": 1}, by=responder)
    submitting.finish(session, Sent("did-nothing", "e" * 64), lands="/elsewhere", by=responder)

    found = session.scalars(select(Submission)).one()
    assert (found.lands, found.status, found.answer) == ("/cases/x#note-1", 201, {"id": 1})


def test_presses_at_the_same_moment_are_carried_out_once(session: Session, engine: Engine, responder: Actor) -> None:
    # Given four browsers that send the same form at once
    case_id, ready = a_case(session, responder).id, Barrier(4)

    def press(_number: int) -> str:
        with Session(engine) as mine:
            ready.wait(20)
            try:
                _note(mine, case_id, responder, SENT)
            except SentBefore as again:
                return again.found.lands
            return "written"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(press, range(4)))

    # Then one of them wrote, and the others land there
    assert answers == ["/cases/x/timeline"] * 3 + ["written"]
    assert session.scalar(select(func.count(Note.id))) == 1


def test_an_account_that_is_gone_is_no_second_press(session: Session, responder: Actor) -> None:
    nobody = Actor(99_999, "Nobody", responder.roles)
    session.info[FIRST] = submitting.claim(SENT, lands="/", by=nobody, now=START)

    with pytest.raises(IntegrityError), writing(session):
        pass


def test_keys_are_forgotten_after_two_days(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    _note(session, case.id, responder, SENT)

    assert submitting.forget(session, now=START + timedelta(hours=47)) == 0
    assert submitting.forget(session, now=START + timedelta(hours=49)) == 1
