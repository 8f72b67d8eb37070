"""Whose address Telegram sends to, and what a chat is called."""

import pytest

from incident_app.domain.linking import Chat
from incident_app.domain.staff_bot import Webhook, hook_address, suspicion, unheard

OURS = hook_address("https://incident.test/")


@pytest.mark.parametrize(("found", "wanted", "words"), [
    ("", False, ""),
    (OURS, True, ""),
    ("", True, "was taken away"),
    (OURS, False, "switched off"),
    ("https://evil.test/x?token=secret", True, "Telegram sends to evil.test."),
    ("https://user:secret@evil.test:8443/", False, "Telegram sends to evil.test:8443."),
    ("secret", False, "Telegram sends to unknown."),
])
def test_an_address_that_is_not_ours_is_named_without_secrets(found: str, wanted: bool, words: str) -> None:
    said = suspicion(found, OURS, wanted=wanted)
    assert words in said
    assert bool(said) is bool(words)
    assert "secret" not in said


@pytest.mark.parametrize(("found", "wanted", "said"), [
    (Webhook(OURS, 2, "Connection refused"), True, True), (Webhook(OURS, 0, "Connection refused"), True, False),
    (Webhook(OURS, 2), True, False), (Webhook(OURS, 2, "Connection refused"), False, False),
    (Webhook("https://evil.test/x", 2, "Connection refused"), True, False),
])
def test_what_telegram_cannot_deliver_to_us_is_said(found: Webhook, wanted: bool, said: bool) -> None:
    assert bool(unheard(found, OURS, wanted=wanted)) is said


@pytest.mark.parametrize(("first", "handle", "label"), [
    ("Ana", "ana", "Ana (@ana)"), ("Ana", "", "Ana"), ("", "ana", "@ana"), ("", "", "without a name"),
    ("A\u202en\na", "", "Ana"), ("  A   B ", "", "A B"), ("x" * 500, "", "x" * 64),
])
def test_a_chat_is_called_by_what_can_be_read(first: str, handle: str, label: str) -> None:
    assert Chat("7001", "private", first, handle).label == label


@pytest.mark.parametrize(("number", "kind", "private"), [
    ("7001", "private", True), ("-7001", "private", False), ("7001", "group", False), ("0", "private", False),
    ("x", "private", False), ("²", "private", False), (str(2**52), "private", False), ("9" * 40, "private", False), ("", "private", False),
])
def test_only_a_private_chat_is_one(number: str, kind: str, private: bool) -> None:
    assert Chat(number, kind).is_private is private
