"""Settings: everything optional, every wrong value named at once, secrets made once and kept."""

import base64
import stat
import threading
from pathlib import Path

import pytest

from incident_app.settings import SettingsError, new_vault_key, parse_vault_keys, read


def problems_of(tmp_path: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read({"INSTANCE_DIR": str(tmp_path / "instance"), **environ})
    return caught.value.problems


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = read({"INSTANCE_DIR": str(tmp_path / "instance")})
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/incident-app.sqlite"
    assert settings.embedded
    assert not settings.sends
    assert settings.telegram_api_url == "https://api.telegram.org"


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path / "instance")}
    first, second = read(environ), read(environ)
    assert first == second
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "instance").iterdir()} == {0o600}


def test_two_first_starts_at_once_end_with_the_same_secrets(tmp_path: Path) -> None:
    found = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        found.append(read({"INSTANCE_DIR": str(tmp_path / "instance")}))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(settings == found[0] for settings in found)
    assert not list((tmp_path / "instance").glob(".*"))


def test_secrets_never_show(tmp_path: Path) -> None:
    settings = read({
        "INSTANCE_DIR": str(tmp_path / "instance"), "TELEGRAM_BOT_TOKEN": "12345:hidden", "SENDGRID_API_KEY": "SG.hidden",
        "SMTP_URL": "smtp://user:hidden@mail.example.org", "DATABASE_URL": "postgresql://u:hidden@h/d",
        "REDIS_URL": "redis://:hidden@127.0.0.1/0",
    })
    assert "hidden" not in repr(settings)
    assert settings.secret_key not in repr(settings)


def test_everything_wrong_is_named_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path, DATABASE_URL="mysql://x", REDIS_URL="http://x", SECRET_KEY="short", VAULT_KEYS="k1:abc",
        DELIVERY_MODE="loud", TELEGRAM_RATE="fast", PUBLIC_URL="example.org", SMTP_URL="smtp://[",
    )
    assert set(found) == {
        "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "VAULT_KEYS", "DELIVERY_MODE", "TELEGRAM_RATE", "PUBLIC_URL", "SMTP_URL",
    }
    assert "32" in found["SECRET_KEY"]
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "20000"])
def test_a_rate_is_a_number_of_messages(tmp_path: Path, rate: str) -> None:
    assert "TELEGRAM_RATE" in problems_of(tmp_path, TELEGRAM_RATE=rate)


@pytest.mark.parametrize("mode", ["live", "trial"])
def test_real_sending_needs_something_to_send_with(tmp_path: Path, mode: str) -> None:
    assert "TELEGRAM_BOT_TOKEN" in problems_of(tmp_path, DELIVERY_MODE=mode)["DELIVERY_MODE"]
    assert "MAIL_FROM" in problems_of(tmp_path, DELIVERY_MODE=mode, SMTP_URL="smtp://mail.example.org")
    assert read({"INSTANCE_DIR": str(tmp_path / "i"), "DELIVERY_MODE": mode, "TELEGRAM_BOT_TOKEN": "1:a"}).sends


def test_the_staff_bot_is_the_first_bot_unless_another_is_given(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path / "i"), "TELEGRAM_BOT_TOKEN": "1:people"}
    assert read(environ).telegram_staff_bot_token == "1:people"
    assert read({**environ, "TELEGRAM_STAFF_BOT_TOKEN": "2:staff"}).telegram_staff_bot_token == "2:staff"


@pytest.mark.parametrize("prefix", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_postgresql_is_always_spoken_by_our_driver(tmp_path: Path, prefix: str) -> None:
    settings = read({"INSTANCE_DIR": str(tmp_path / "i"), "DATABASE_URL": f"{prefix}u@h/d"})
    assert settings.database_url == "postgresql+psycopg://u@h/d"


def test_the_first_vault_key_seals_and_all_open() -> None:
    first, second = new_vault_key(), new_vault_key()
    keys = parse_vault_keys(f"{first}, {second}")
    assert [name for name, _ in keys] == [first.split(":")[0], second.split(":")[0]]
    assert all(len(key) == 32 for _, key in keys)


@pytest.mark.parametrize("text", [
    "", " , ", "noid", f":{base64.b64encode(bytes(32)).decode()}", "k1:%%%", f"k1:{base64.b64encode(bytes(16)).decode()}",
    ",".join([f"k1:{base64.b64encode(bytes(32)).decode()}"] * 2),
])
def test_a_vault_key_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        parse_vault_keys(text)


def test_a_kept_file_that_is_not_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "vault_keys").write_text("something else")
    assert "VAULT_KEYS" in problems_of(tmp_path)


def test_the_key_of_alert_buttons_follows_from_the_secret_key(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path / "i")}
    one, other = read({**environ, "SECRET_KEY": "a" * 32}), read({**environ, "SECRET_KEY": "b" * 32})
    assert one.alert_secret != other.alert_secret
    assert len(one.alert_secret) == 32


def test_the_webhook_of_the_staff_bot_needs_an_address_that_telegram_can_trust(tmp_path: Path) -> None:
    assert not read({"INSTANCE_DIR": str(tmp_path / "i")}).staff_hook
    for environ in ({}, {"PUBLIC_URL": "http://incident.test"}):
        assert "https://" in problems_of(tmp_path, TELEGRAM_STAFF_WEBHOOK="on", **environ)["TELEGRAM_STAFF_WEBHOOK"]
    assert "one of" in problems_of(tmp_path, TELEGRAM_STAFF_WEBHOOK="maybe")["TELEGRAM_STAFF_WEBHOOK"]

    on = read({"INSTANCE_DIR": str(tmp_path / "i"), "TELEGRAM_STAFF_WEBHOOK": "on", "PUBLIC_URL": "https://incident.test"})
    assert on.staff_hook
    assert len(on.staff_hook_secret) == 64
    assert on.staff_hook_secret.encode().hex() != on.alert_secret.hex()


@pytest.mark.parametrize("proxies", ["-1", "6", "all", "1.5", "²"])
def test_the_proxies_in_front_are_a_number(tmp_path: Path, proxies: str) -> None:
    assert "0 to 5" in problems_of(tmp_path, TRUSTED_PROXIES=proxies)["TRUSTED_PROXIES"]
    assert read({"INSTANCE_DIR": str(tmp_path / "instance"), "TRUSTED_PROXIES": "1"}).trusted_proxies == 1
    assert read({"INSTANCE_DIR": str(tmp_path / "instance")}).trusted_proxies == 0


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_where_messages_leave_no_debugger_runs(tmp_path: Path, mode: str) -> None:
    sending = {"DELIVERY_MODE": mode, "TELEGRAM_BOT_TOKEN": "1:a"}
    assert "debugger" in problems_of(tmp_path, FLASK_DEBUG="1", **sending)["FLASK_DEBUG"]
    assert read({"INSTANCE_DIR": str(tmp_path / "instance"), "FLASK_DEBUG": "0", **sending}).sends


@pytest.mark.parametrize("key", ["short", "change-me", "x" * 48, "0123456701234567" * 3])
def test_a_key_that_is_short_or_not_random_is_refused(tmp_path: Path, key: str) -> None:
    sending = {"DELIVERY_MODE": "live", "TELEGRAM_BOT_TOKEN": "1:a"}
    assert "SECRET_KEY" in problems_of(tmp_path, SECRET_KEY=key, **sending)


def test_what_carries_a_key_goes_by_tls_or_stays_here(tmp_path: Path) -> None:
    sends = {"DELIVERY_MODE": "live", "SENDGRID_API_KEY": "SG.x", "MAIL_FROM": "a@example.org"}
    names = ("TELEGRAM_API_URL", "SENDGRID_API_URL", "HEARTBEAT_URL")

    # When live mode is pointed at plain addresses, private ones too
    for host in ("api.example", "10.0.0.1", "169.254.169.254", "localhost.example"):
        problems = problems_of(tmp_path, **sends, **dict.fromkeys(names, f"http://{host}/x"))
        assert set(problems) == set(names)
        assert "https://" in problems["HEARTBEAT_URL"]
    assert "HEARTBEAT_URL" in problems_of(tmp_path, **sends, HEARTBEAT_URL="http://[::1")

    # Then only this machine itself may be asked plainly
    for host in ("127.0.0.1:9", "localhost", "[::1]:80"):
        read({"INSTANCE_DIR": str(tmp_path / "instance"), **sends, **dict.fromkeys(names, f"http://{host}/x")})


def test_a_scanner_has_a_port_and_in_earnest_is_on_this_machine(tmp_path: Path) -> None:
    live = {"DELIVERY_MODE": "live", "SENDGRID_API_KEY": "SG.x", "MAIL_FROM": "a@example.org"}

    for address in ("http://127.0.0.1:3310", "tcp://127.0.0.1", "tcp://127.0.0.1:many", "tcp://:3310"):
        assert "tcp://" in problems_of(tmp_path, SCANNER_URL=address)["SCANNER_URL"]
    assert "in the clear" in problems_of(tmp_path, **live, SCANNER_URL="tcp://10.0.0.5:3310")["SCANNER_URL"]

    here = {"INSTANCE_DIR": str(tmp_path / "instance")}
    assert read(here | live | {"SCANNER_URL": "tcp://127.0.0.1:3310"}).scanner_url == "tcp://127.0.0.1:3310"
    assert read(here | {"SCANNER_URL": "tcp://clamd.internal:3310"}).scanner_url == "tcp://clamd.internal:3310"


@pytest.mark.parametrize("address", ["redis://queue.internal/0", "rediss://user@10.0.0.5:6379/1"])
def test_a_redis_others_can_reach_must_ask_for_a_password_before_messages_leave(tmp_path: Path, address: str) -> None:
    sends = {"TELEGRAM_BOT_TOKEN": "12345:token"}
    for mode in ("trial", "live"):
        found = problems_of(tmp_path, REDIS_URL=address, DELIVERY_MODE=mode, **sends)
        assert set(found) == {"REDIS_URL"}
        assert f"{mode} needs a password" in found["REDIS_URL"]


@pytest.mark.parametrize(("address", "mode"), [
    ("redis://queue.internal/0", "simulate"), ("redis://127.0.0.1:6379/0", "live"), ("redis://[::1]/0", "trial"),
    ("redis://:secret@queue.internal/0", "live"),
])
def test_a_redis_on_this_machine_or_with_a_password_is_taken(tmp_path: Path, address: str, mode: str) -> None:
    settings = read({"INSTANCE_DIR": str(tmp_path / "instance"), "REDIS_URL": address, "DELIVERY_MODE": mode,
                     "TELEGRAM_BOT_TOKEN": "12345:token"})
    assert settings.redis_url == address
