"""Speaks the Telegram Bot API on this machine: the same answers and errors, and a ledger of what arrived.

``with TelegramApi() as api:`` gives ``api.url``, ``api.fail(77, "blocked")`` and ``api.sent``, the list of messages.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qs

from tests.loopback.serving import Failure, Reply, Script, Server, as_json

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
_ERRORS: dict[str, tuple[int, str]] = {
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "never_started": (403, "Forbidden: bot can't initiate conversation with a user"),
    "not_found": (400, "Bad Request: chat not found"),
    "too_long": (400, "Bad Request: message is too long"),
    "bad_request": (400, "Bad Request: something else"),
    "not_modified": (400, "Bad Request: message is not modified: specified new message content and reply markup are"
                          " exactly the same as a current content and reply markup of the message"),
    "unauthorized": (401, "Unauthorized"),
    "bad_token": (404, "Not Found"),
    "conflict": (409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
    "webhook_on": (409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
                        " webhook first"),
    "not_https": (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"),
    "too_old": (400, "Bad Request: query is too old and response timeout expired or query ID is invalid"),
    "no_message": (400, "Bad Request: message to edit not found"),
    "server_error": (500, "Internal Server Error"),
    "bad_gateway": (502, "Bad Gateway"),
}
_METHODS = {name.lower(): name for name in (
    "sendMessage", "editMessageText", "answerCallbackQuery", "getUpdates", "getMe", "setMyCommands", "setWebhook",
    "deleteWebhook", "getWebhookInfo",
)}
_ABOUT_THE_BOT = frozenset({"getMe", "setMyCommands", "setWebhook", "deleteWebhook", "getWebhookInfo"})
BOT_NAME = "acme_oncall_bot"
_LOST = frozenset({"timeout", "reset", "garbage", "list", "truncated"})
KINDS = (*_ERRORS, "migrated", "flood", "flood_without_time", *sorted(_LOST), "html_502")


class TelegramApi(Server):
    """The server. ``sent`` holds what people see, in order: chat_id, text, message_id, reply_markup and the raw fields.

    ``written`` writes its answers down.
    """

    def __init__(self, token: str = TOKEN) -> None:
        """Know one bot."""
        super().__init__()
        self.token = token
        self.sent: list[dict[str, Any]] = []
        self.edits: list[dict[str, Any]] = []
        self.callback_answers: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._script = Script()
        self.commands: list[dict[str, str]] = []
        self.webhook: dict[str, Any] = {}
        self.per_second = 0
        self.written: Callable[[Any], str] = _closely
        self.refused = 0
        self.conflicts = 0
        self._lately: list[float] = []
        self._poller = 0
        self._updates: list[dict[str, Any]] = []
        self._next = 1000
        self._news = threading.Condition(self._script.lock)

    def fail(self, chat_id: int | str | None, kind: str, *, times: int | None = None, seconds: int = 1,
             delivered: bool = False) -> None:
        """Let messages to ``chat_id`` (``None``: all; or the name of a method that has no chat) fail as ``kind``, the next ``times`` times or always.

        ``seconds`` is the ``retry_after`` of a flood; ``delivered`` says whether a message whose answer is lost, or
        says that something broke, arrived all the same.
        """
        assert kind in KINDS, f"not a kind of failure: {kind}"
        self._script.add(None if chat_id is None else str(chat_id), Failure(kind, times, seconds, delivered))

    def heal(self) -> None:
        """Let everything succeed again."""
        self._script.clear()

    def push(self, **update: Any) -> int:
        """Queue an update (``message={…}`` or ``callback_query={…}``) for getUpdates; return its number."""
        with self._news:
            number = self._next
            self._next += 1
            self._updates.append({"update_id": number, **update})
            self._news.notify_all()
            return number

    def tap(self, chat_id: int, message_id: int, data: str, callback_id: str = "1") -> int:
        """Queue a tap on a button of a message."""
        person = {"id": chat_id, "is_bot": False, "first_name": "Kim"}
        chat = {"id": chat_id, "type": "private", "first_name": "Kim"}
        bot = {"id": 110201543, "is_bot": True, "first_name": "On-call"}
        message = {"message_id": message_id, "date": 1795426800, "chat": chat, "from": bot, "text": "…"}
        return self.push(callback_query={
            "id": callback_id, "from": person, "message": message, "chat_instance": "1", "data": data})

    def say(self, chat_id: int, text: str, name: str = "Kim", username: str = "kim") -> int:
        """Queue a message that somebody wrote to the bot."""
        person = {"id": chat_id, "is_bot": False, "first_name": name, "username": username}
        chat = {"id": chat_id, "type": "private", "first_name": name, "username": username}
        return self.push(message={"message_id": 7, "date": 1795426800, "chat": chat, "from": person, "text": text})

    def asks(self) -> int:
        """Return how often the bot asked for updates."""
        with self._script.lock:
            return sum(method == "getUpdates" for method, _ in self.calls)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one call."""
        _, bot, written = path.split("/")
        method = _METHODS.get(written.lower(), written)  # theirs does not mind the case either
        fields: dict[str, Any] = (
            json.loads(body) if headers.get("Content-Type") == "application/json"
            else {name: values[0] for name, values in parse_qs(body.decode(), True).items()})
        if "chat_id" in fields:
            fields["chat_id"] = str(fields["chat_id"])  # a number or its digits: Telegram takes both
        with self._script.lock:
            self.calls.append((method, fields))
        if bot != f"bot{self.token}":
            return _error("unauthorized")
        if method == "getUpdates":
            return self._get_updates(fields)
        failure = self._script.take(fields.get("chat_id", method))
        if failure is None and method in _ABOUT_THE_BOT:
            return self._about_the_bot(method, fields)
        if failure is None and method == "sendMessage" and not self._fits():
            return _refusal(Failure("flood"), fields)
        if failure is None:
            answer = self.written({"ok": True, "result": self._carry_out(method, fields)})
            return Reply(200, answer.encode(), {"Content-Type": "application/json"})
        if failure.delivered:
            self._carry_out(method, fields)
        return _lost(failure) if failure.kind in _LOST else _refusal(failure, fields)

    def _carry_out(self, method: str, fields: dict[str, Any]) -> object:
        if "reply_markup" in fields:
            fields["reply_markup"] = _read(fields["reply_markup"])
        with self._script.lock:
            if method == "answerCallbackQuery":
                self.callback_answers.append(fields)
                return True
            chat = int(fields["chat_id"])
            if method == "editMessageText":
                number = int(fields["message_id"])
                self.edits.append({**fields, "chat_id": chat, "message_id": number})
            else:
                assert method == "sendMessage", f"the server does not know {method}"
                number = len(self.sent) + 1
                self.sent.append({**fields, "chat_id": chat, "message_id": number})
        return {"message_id": number, "date": 1795426800, "text": fields["text"],
                "chat": {"id": chat, "type": "private", "first_name": "Kim"}}

    def _get_updates(self, fields: dict[str, Any]) -> Reply:
        failure = self._script.take("getUpdates")
        if failure is not None:
            return _lost(failure) if failure.kind in _LOST else _refusal(failure, fields)
        if self.webhook.get("url"):
            return _error("webhook_on")
        offset, patience = int(fields.get("offset", 0)), float(fields.get("timeout", 0))
        with self._news:
            self._poller += 1
            mine = self._poller
            self._updates = [update for update in self._updates if update["update_id"] >= offset]  # confirmed: forgotten
            self._news.notify_all()
            self._news.wait_for(lambda: self._updates or self._poller != mine or self.closing.is_set(),
                                timeout=min(patience, 5))
            if self._poller != mine:  # the newer question ends the older one
                self.conflicts += 1
                return _error("conflict")
            return as_json(200, {"ok": True, "result": self._updates[:100]})

    def _about_the_bot(self, method: str, fields: dict[str, Any]) -> Reply:
        result: object = True
        if method == "getMe":
            result = {"id": 110201543, "is_bot": True, "first_name": "On-call", "username": BOT_NAME}
        elif method == "setMyCommands":
            self.commands = cast(list[dict[str, str]], _read(fields["commands"]))
        elif method == "getWebhookInfo":
            result = {"url": "", "has_custom_certificate": False, "pending_update_count": len(self._updates),
                      **{name: value for name, value in self.webhook.items() if name != "secret_token"}}
        elif method == "deleteWebhook":
            self.webhook = {}
        elif not str(fields.get("url", "")).startswith("https://"):
            return _error("not_https")
        else:
            self.webhook = {**fields, "allowed_updates": _read(fields.get("allowed_updates", []))}
        return as_json(200, {"ok": True, "result": result})

    def _fits(self) -> bool:
        """Take at most ``per_second`` messages in any one second (0: as many as come)."""
        with self._script.lock:
            at = time.monotonic()
            self._lately = [one for one in self._lately if at - one < 1]
            if self.per_second and len(self._lately) >= self.per_second:
                self.refused += 1
                return False
            self._lately.append(at)
            return True


def _closely(answer: object) -> str:
    """Write an answer as Telegram does, without a space."""
    return json.dumps(answer, separators=(",", ":"))


def _error(kind: str) -> Reply:
    status, words = _ERRORS[kind]
    return as_json(status, {"ok": False, "error_code": status, "description": words})


def _refusal(failure: Failure, fields: Mapping[str, Any]) -> Reply:
    if failure.kind == "migrated":
        return as_json(400, {
            "ok": False, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": {"migrate_to_chat_id": -1000000000000 - int(fields["chat_id"])}})
    if failure.kind == "flood":
        return as_json(429, {
            "ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {failure.seconds}",
            "parameters": {"retry_after": failure.seconds}})
    if failure.kind == "flood_without_time":
        return as_json(429, {"ok": False, "error_code": 429, "description": "Too Many Requests"})
    if failure.kind == "html_502":
        return Reply(502, b"<html><head><title>502 Bad Gateway</title></head></html>", {"Content-Type": "text/html"})
    return _error(failure.kind)


def _lost(failure: Failure) -> Reply:
    if failure.kind == "garbage":
        return Reply(200, b"<html>not what you expect</html>", {"Content-Type": "text/html"})
    if failure.kind == "list":
        return as_json(200, [])
    if failure.kind == "truncated":
        return Reply(200, b'{"ok":true,"result":{"message_id":', {"Content-Type": "application/json"}, truncated=True)
    return Reply(silent=failure.kind == "timeout", reset=failure.kind == "reset")


def _read(value: object) -> object:
    """Read a nested parameter: Telegram takes it as JSON in text, or as it is in a JSON body."""
    return json.loads(value) if isinstance(value, str) else value
