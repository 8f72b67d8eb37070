"""Which chat belongs to whom."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.accounts import User
from incident_app.services import rota
from tests.fakes import START
from tests.people import People


def test_a_code_links_one_chat_once(session: Session, people: People) -> None:
    code = rota.link_code(session, by=people.oncall_person, now=START)

    rota.link_chat(session, code, "7001", now=START + timedelta(minutes=9))

    found = rota.by_chat(session, "7001")
    assert found is not None
    assert found.name == "Ola Oncall"
    with pytest.raises(Refused, match="not valid any more"):
        rota.link_chat(session, code, "7001", now=START)


def test_a_code_expires_and_a_made_up_one_is_refused(session: Session, people: People) -> None:
    code = rota.link_code(session, by=people.oncall_person, now=START)

    for attempt, at in ((code, START + timedelta(minutes=10)), ("made-up", START)):
        with pytest.raises(Refused, match="not valid any more"):
            rota.link_chat(session, attempt, "7001", now=at)
    for chat in ("", "7" * 33):
        with pytest.raises(Refused, match="cannot be linked"):
            rota.link_chat(session, code, chat, now=START)


def test_a_chat_belongs_to_one_account(session: Session, people: People) -> None:
    rota.link_chat(session, rota.link_code(session, by=people.oncall_person, now=START), "7001", now=START)
    code = rota.link_code(session, by=people.responder, now=START)

    with pytest.raises(Conflict):
        rota.link_chat(session, code, "7001", now=START)


def test_a_chat_can_be_unlinked_and_a_disabled_account_has_none(session: Session, people: People) -> None:
    rota.link_chat(session, rota.link_code(session, by=people.oncall_person, now=START), "7001", now=START)
    session.get_one(User, people.oncall_person.id).active = False
    session.commit()
    assert rota.by_chat(session, "7001") is None

    rota.unlink(session, by=people.oncall_person, now=START)

    assert session.get_one(User, people.oncall_person.id).telegram_chat_id is None


def test_who_answers_no_alerts_links_no_chat(session: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        rota.link_code(session, by=people.auditor, now=START)
    with pytest.raises(Forbidden):
        rota.unlink(session, by=people.auditor, now=START)
