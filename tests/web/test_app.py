"""The one place where the parts meet: what the settings choose."""

from dataclasses import replace
from pathlib import Path

from incident_app.app import create_app
from incident_app.domain.ports import Message, Sent
from incident_app.wiring import ports
from tests.builders import settings_for_tests


def test_by_default_nothing_can_leave(tmp_path: Path) -> None:
    app = create_app(settings_for_tests(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path))

    with app.app_context():
        held = ports()
        assert held.mode == "simulate"
        assert held.outbox is not None
        (outcome,) = held.staff_channels["email"].send([Message("1", "ada@example.org", "Hello", "Hello")])
        assert isinstance(outcome, Sent)
        assert held.outbox.count() == 1


def test_live_speaks_to_the_providers_that_are_set(tmp_path: Path) -> None:
    live = replace(
        settings_for_tests(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path), delivery_mode="live",
        telegram_bot_token="1:people", telegram_staff_bot_token="1:staff", smtp_url="smtp://127.0.0.1:2525",
        mail_from="notice@example.org",
    )
    for chosen in (live, replace(live, sendgrid_api_key="key")):
        app = create_app(chosen)
        with app.app_context():
            held = ports()
            assert set(held.channels) == set(held.staff_channels) == {"telegram", "email"}
            assert held.outbox is None
            assert (held.suppressions is None) is (chosen is live)  # only SendGrid keeps a list we can ask
