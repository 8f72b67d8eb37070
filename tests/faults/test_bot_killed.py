"""However many workers listen, one asks Telegram; when it is killed, another goes on, and nobody is answered twice."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incident_app.models.hearing import BotTurn
from incident_app.settings import Settings
from tests import databases
from tests.bot.kit import link
from tests.builders import an_organisation, settings_for_tests
from tests.loopback.telegram_api import TOKEN, TelegramApi
from tests.people import hire

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.xdist_group("faults")]
CONTEXT = get_context("forkserver")
PATIENCE = 60.0


def listener(settings: Settings) -> None:
    """Listen as a worker does, until somebody ends this process."""
    from incident_app.app import create_app
    from incident_app.bot.polling import listen
    from incident_app.extensions import db

    app, breath = create_app(settings), threading.Event()
    while True:
        with app.app_context():
            asked = listen()
            db.session.remove()
        if asked is None:
            breath.wait(1)


def _until(api: TelegramApi, texts: int) -> None:
    breath = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if len(api.sent) >= texts:
            return
        breath.wait(0.05)
    raise AssertionError(f"{len(api.sent)} answers instead of {texts}")


@pytest.fixture
def settings(tmp_path: Path, postgresql_base: str | None, postgresql_template: str | None) -> Iterator[Settings]:
    """Settings on a database of its own, in which chat 7001 is the on-call person's."""
    if postgresql_base is None or postgresql_template is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(postgresql_base, postgresql_template)
    engine = create_engine(url)
    with Session(engine) as session:
        an_organisation(session)
        link(session, hire(session).oncall_person.id, "7001")
    engine.dispose()
    yield replace(settings_for_tests(url, tmp_path), delivery_mode="live", telegram_bot_token=TOKEN,
                  telegram_staff_bot_token=TOKEN, telegram_rate=10_000.0)
    databases.drop_database(postgresql_base, url)


def _holder(settings: Settings) -> int:
    engine = create_engine(settings.database_url)
    with Session(engine) as session:
        found = int(session.get_one(BotTurn, 1).holder.rpartition(":")[2])
    engine.dispose()
    return found


def test_of_many_listeners_one_asks_and_when_it_is_killed_another_goes_on(settings: Settings) -> None:
    with TelegramApi() as api:
        crew: list[BaseProcess] = [
            CONTEXT.Process(target=listener, args=(replace(settings, telegram_api_url=api.url),), daemon=True) for _ in range(3)]
        for one in crew:
            one.start()
        try:
            # Given three workers that listen, and somebody who writes
            api.say(7001, "/help")
            _until(api, 1)
            first = _holder(settings)
            assert first in {one.pid for one in crew}

            # When the one that asks is killed
            os.kill(first, signal.SIGKILL)
            api.say(7001, "/oncall")
            api.say(7001, "/deadlines")
            _until(api, 3)

            # Then another has gone on, everybody was answered once, and never did two ask at once
            assert _holder(settings) in {one.pid for one in crew} - {first}
            assert len(api.sent) == 3
            assert {one["chat_id"] for one in api.sent} == {7001}
            assert api.conflicts == 0
        finally:
            for one in crew:
                one.kill()
                one.join(5)
