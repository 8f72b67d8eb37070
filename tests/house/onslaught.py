"""Bad inputs against a house with everything in it: what was sent, and whether the answer was one."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import got_request_exception
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from incident_app.extensions import db
from tests.house import api_bodies, hostile
from tests.house.full_house import COUNTED, FullHouse
from tests.house.page_forms import PageForm, forms_on


def surrogates(words: str) -> bytes:
    """Return words as bytes that a form may carry, lone surrogates as they are."""
    return words.encode("utf-8", "surrogatepass")


def urlencoded(fields: dict[str, str]) -> bytes:
    """Return a form body; what is no letter or digit is escaped byte by byte."""
    def quoted(text: str) -> bytes:
        plain = surrogates(text)
        return plain if plain.isalnum() and plain.isascii() else b"".join(b"%%%02x" % one for one in plain)

    return b"&".join(quoted(name) + b"=" + quoted(value) for name, value in fields.items())


UNTYPED = {"csrf_token", "once"}
AT_THE_DOOR = ("unwritable", "endless")
ALONE = (*AT_THE_DOOR, "beyond any number")
"""What JSON refuses as a whole, whatever else stands in it."""
LOSING = ("/sign-out", "/me/security/app/remove")
"""Who presses these is out; there is nothing in them to fill in."""


@dataclass
class Onslaught:
    """Sends, and writes down what should not have happened. One of ``share`` inputs is tried at each place, in turn."""

    house: FullHouse
    share: int = 1
    wrong: dict[str, str] = field(default_factory=dict)
    count: int = 0
    tried: int = 0
    turn: int = 0
    turns: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    why: str = ""

    def __post_init__(self) -> None:
        """Hear what goes wrong inside."""
        got_request_exception.connect(self._heard, self.house.app)

    def _heard(self, _app: object, exception: BaseException, **_more: object) -> None:
        trace = exception.__traceback__
        last = ""
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if "incident_app/" in name:
                last = f"{name.rpartition('incident_app/')[2]}:{trace.tb_lineno}"
            trace = trace.tb_next
        self.why = f"{last}: {type(exception).__name__}: {str(exception)[:150]}"

    def due(self) -> bool:
        """Whether it is this one's turn."""
        self.turn += 1
        return self.turn % self.share == 0

    def one_of(self, kind: str, among: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the next value of a class, with its name."""
        names = [name for name in hostile.CLASSES[kind].split() if name in among]
        self.turns[kind] += 1
        name = names[self.turns[kind] % len(names)]
        return name, among[name]

    def send(self, client: FlaskClient, what: str, address: str, method: str, **more: Any) -> frozenset[str]:
        """Send, look at the answer, and put the house back if anything was touched; return the fields refused by name."""
        self.count += 1
        self.why = ""
        answer = client.open(address, method=method, **more)
        self._judge(answer, what, f"{method} {address[:90]}")
        named = frozenset((answer.get_json(silent=True) or {}).get("problems", ())) if answer.status_code == 422 else frozenset()
        answer.close()
        if self.held() > self.kept:
            self.kept = self.held()
            self.wrong.setdefault(f"keeps a connection: {method} {address[:60]}", what)
        return named

    def held(self) -> int:
        """Return how many connections to the database nobody gave back."""
        with self.house.app.app_context():
            return int(db.engine.pool.checkedout())  # type: ignore[attr-defined]  # a pool that counts

    def _judge(self, answer: TestResponse, what: str, where: str) -> None:
        status = answer.status_code
        if status >= 500 and "/healthz" not in where and "/readyz" not in where:
            self.wrong.setdefault(f"{self.why or status}", f"{where} [{what}] {answer.text[:200] if not self.why else ''}")
        if self.house.sqlite and self.house.touched():
            changed = self.house.changed()
            if status >= 400 and (saved := set(changed) - COUNTED):
                self.wrong.setdefault(f"half saved: {where}", f"[{what}] {status} {sorted(saved)}")
            if changed:
                self.house.put_back()

    # ------------------------------------------------------------------------------------------------------- forms

    def forms(self) -> dict[tuple[str, str], tuple[PageForm, FlaskClient]]:
        """Return every form on every page as (method, address) → the form and who sees it."""
        found: dict[tuple[str, str], tuple[PageForm, FlaskClient]] = {}
        for rule, method, address in self.house.routes(api=False):
            if method != "GET":
                continue
            client = self.house.browser_for(rule)
            answer = client.get(address)
            if "html" in answer.content_type:
                for form in forms_on(address, answer.text):
                    if form.method != "DIALOG":  # the browser closes it; nothing is sent
                        found.setdefault((form.method, form.action), (form, client))
            answer.close()
        for rule, method, address in self.house.routes(api=False):
            if method != "GET" and (method, address) not in found:
                found[method, address] = (PageForm(address, method, {"reason": "x", "version": "1"}, guessed=True), self.house.browser_for(rule))
        return {key: one for key, one in found.items() if key[1] not in LOSING}

    def at_forms(self) -> None:
        """Put every input into every field of every form, one at a time."""
        for (method, address), (form, client) in self.forms().items():
            self._send_form(client, "as it is", address, method, form, {})
            for name in [*form.fields, "unasked"]:
                for kind, words in hostile.WORDS.items():
                    if self.due():
                        self._send_form(client, f"{name}={kind}", address, method, form, {name: words})
            for kind, words in hostile.WORDS.items():
                if self.due():
                    self._send_form(client, f"all={kind}", address, method, form, dict.fromkeys(form.fields, words))
            for name in form.files:
                self._files(client, address, form, name)

    def every_field(self) -> None:
        """Put every class of input into every field of every form: all fields of a form at once, each of another class.

        What is refused at the door, whichever field it is in, comes alone: nothing else would be looked at. Where what a
        form takes is a guess, each class comes once. Every third answer is drawn as a page.
        """
        inside = [kind for kind in hostile.CLASSES if kind not in AT_THE_DOOR]
        for (method, address), (form, client) in self.unlike().items():
            self._send_form(client, "as it is", address, method, form, {})
            names = [*form.fields, "unasked"]
            is_button = not set(form.fields) - UNTYPED
            for kind in () if is_button or form.guessed else AT_THE_DOOR:
                name, words = self.one_of(kind, hostile.WORDS)
                self._send_form(client, f"all={name}", address, method, form, dict.fromkeys(names, words))
            for turn in range(0, 1 if is_button else len(inside), len(names) if form.guessed else 1):
                picked = {name: self.one_of(inside[(turn + at) % len(inside)], hostile.WORDS) for at, name in enumerate(names)}
                what = ", ".join(f"{name}={kind}" for name, (kind, _) in picked.items())
                other = {name: words for name, (_, words) in picked.items()}
                self._send_form(client, what, address, method, form, other, drawn=turn % 3 == 0)
            for name in form.files:
                self._files(client, address, form, name)

    def unlike(self) -> dict[tuple[str, str], tuple[PageForm, FlaskClient]]:
        """Return one form for each route and set of fields: twenty things to do have twenty forms that are alike."""
        seen: dict[tuple[str, str, frozenset[str]], tuple[str, str]] = {}
        every, routes = self.forms(), self.house.app.url_map.bind("localhost")
        for (method, address), (form, _) in every.items():
            try:
                where = str(routes.match(address.partition("?")[0], method=method)[0])
            except HTTPException:
                where = address
            seen.setdefault((method, where, frozenset(form.fields)), (method, address))
        return {key: every[key] for key in seen.values()}

    def _send_form(self, client: FlaskClient, what: str, address: str, method: str, form: PageForm, other: dict[str, str],
                   *, drawn: bool = True) -> None:
        body = urlencoded(form.fields | other)
        if method == "GET":
            if len(body) < 100_000:
                self.send(client, what, address.partition("?")[0], method, query_string=body.decode())
            return
        headers = {} if drawn else {"Accept": "application/json"}
        self.send(client, what, address, method, data=body, content_type="application/x-www-form-urlencoded", headers=headers)

    def _files(self, client: FlaskClient, address: str, form: PageForm, field_name: str) -> None:
        for kind, words in hostile.WORDS.items():
            content, name = surrogates(words)[:70_000], words[:300].replace("\r", "").replace("\n", "").encode("utf-8", "replace").decode()
            for file in ((io.BytesIO(content), "list.csv"), (io.BytesIO(content), "list.xlsx"), (io.BytesIO(b"name,email\na,a@example.org\n"), name)):
                if self.due():
                    self.send(client, f"file={kind}", address, "POST", data={**form.fields, field_name: file})

    # --------------------------------------------------------------------------------------------------------- api

    def every_place(self) -> None:
        """Put every class of input at every place of every body."""
        self.at_the_api(whole=True)

    def at_the_api(self, *, whole: bool = False) -> None:
        """Put inputs at every place of every body, one at a time; with ``whole`` one of each class."""
        client = self.house.app.test_client()
        document = client.get("/api/v1/openapi.json").get_json()
        known = {(path.replace("{", "<").replace("}", ">"), method): one for (path, method), one in api_bodies.bodies(document).items()}
        for rule, method, address in self.house.routes(api=True):
            if method == "GET":
                continue
            headers = self._bearer(rule)
            body, media = known.get((plain(rule), method), ({}, "application/json"))
            if "json" not in media:
                for kind, words in hostile.WORDS.items():
                    if not self.due():
                        continue
                    for data in ({"file": (io.BytesIO(surrogates(words)[:70_000]), "a.csv")}, {"file": words[:70_000].encode("utf-8", "replace")}):
                        self.send(client, f"file={kind}", address, method, headers=headers, data=data)
                continue
            self._bodies(client, headers, address, method, body, whole=whole)

    def _bearer(self, rule: Rule) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.house.token_for(rule)}"}

    def _bodies(self, client: FlaskClient, headers: dict[str, str], address: str, method: str, body: Any, *, whole: bool) -> None:
        def send(what: str, content: object) -> frozenset[str]:
            data = json.dumps(content)
            return self.send(client, what, address, method, headers=headers, data=data, content_type="application/json")

        send("example", body)
        if whole:
            self._classes(send, body)
        for at in () if whole else api_bodies.places(body):
            for kind, value in hostile.VALUES.items():
                if self.due():
                    send(f"{at}={kind}", api_bodies.replaced(body, at, value))
        for kind, value in hostile.VALUES.items():
            if isinstance(body, dict):
                if self.due():
                    send(f"all={kind}", dict.fromkeys(body, value))
                if self.due():
                    send(f"unasked={kind}", body | {"unasked": value})

    def _classes(self, send: Callable[[str, object], frozenset[str]], body: Any) -> None:
        """Put one of each class at every place.

        All places of a body come together first, each with another class. What the answer refuses by its name was looked
        at for itself; everything else comes once more, alone: who refuses first would hide the others.
        """
        every = api_bodies.places(body)
        ends = [at for at in every if not any(len(one) > len(at) and one[:len(at)] == at for one in every)]
        kinds = [kind for kind in hostile.CLASSES if kind not in ALONE]
        alone = [(at, *self.one_of(kind, hostile.VALUES)) for at in every for kind in (ALONE if at in ends else hostile.CLASSES)]
        for turn in range(len(kinds)):
            picked = {at: self.one_of(kinds[(turn + number) % len(kinds)], hostile.VALUES) for number, at in enumerate(ends)}
            together = body
            for at, (_, value) in picked.items():
                together = api_bodies.replaced(together, at, value)
            named = send(", ".join(f"{at}={kind}" for at, (kind, _) in picked.items()), together) if len(ends) > 1 else frozenset()
            hidden = [(at, *one) for at, one in picked.items() if ".".join(map(str, at)) not in named]
            self.tried += len(picked) - len(hidden)
            alone += hidden
        self.tried += len(alone)
        for at, kind, value in alone:
            send(f"{at}={kind}", api_bodies.replaced(body, at, value))

    # ------------------------------------------------------------------------------------------------ whole requests

    def everywhere(self) -> Iterator[tuple[FlaskClient, dict[str, str], str, str]]:
        """Yield every route with who may: (client, headers, method, address)."""
        api = self.house.app.test_client()
        for rule, method, address in [*self.house.routes(api=False), *self.house.routes(api=True)]:
            if address not in LOSING:
                yield (api, self._bearer(rule), method, address) if rule.rule.startswith("/api/") else (self.house.browser_for(rule), {}, method, address)

    def whole_requests(self) -> None:
        """Send whole bodies, headers and queries that nobody would."""
        for client, headers, method, address in self.everywhere():
            for kind, (data, media) in hostile.BODIES.items():
                if method != "GET" and self.due():
                    self.send(client, f"body={kind}", address, method, headers=headers, data=data, content_type=media)
            for kind, more in hostile.HEADERS.items():
                if self.due():
                    self.send(client, f"header={kind}", address, method, headers={**headers, **more})
            for kind, query in hostile.QUERIES.items():
                if self.due():
                    self.send(client, f"query={kind}", f"{address}?{query}", method, headers=headers)

    def addresses(self) -> None:
        """Put every input into every part of every address."""
        bad = ["0", str(2**31), str(2**63), "9" * 4400, "-1", "1.0", "%00", "%ed%a0%80", "a" * 5000, "..%2f..%2fetc", "%E2%82%AC", "²".encode().hex("%"), "'--", "{{7*7}}", "%0d%0aX:%20y"]
        for rule, method, address in [*self.house.routes(api=False), *self.house.routes(api=True)]:
            parts = [part for part in address.split("/") if part in {str(value) for value in self.house.values.values()} | {"2"}]
            client = self.house.app.test_client() if rule.rule.startswith("/api/") else self.house.browser_for(rule)
            for part in parts:
                for words in bad:
                    if self.due():
                        self.send(client, f"part={words[:20]}", address.replace(f"/{part}", f"/{words}", 1), method,
                                  headers=self._bearer(rule))


def plain(rule: Rule) -> str:
    """Return a route without its converters: ``/cases/<ref>/lists/<list_id>``."""
    return "".join(part if part[:1] != "<" else f"<{part.rpartition(':')[2].strip('<>')}>" for part in _split(rule.rule))


def _split(rule: str) -> Iterator[str]:
    yield from rule.replace("<", "\0<").replace(">", ">\0").split("\0")
