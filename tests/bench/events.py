"""SendGrid's events as they come: signed posts of 500, shuffled, one in twenty twice; and who posts them."""

import base64
import http.client
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incident_app.adapters.system_clock import SystemClock
from incident_app.api.hooks import SIGNATURE, TIMESTAMP

TOGETHER = 500
TWICE = 20  # every twentieth comes again
BOUNCES = 10  # every tenth person's mail comes back
AT_ONCE = 4


@dataclass(slots=True)
class Signer:
    """Holds the key SendGrid would sign with."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> str:
        """The public half, as a setting."""
        raw = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(raw).decode()

    def post(self, events: Sequence[dict[str, Any]]) -> "Post":
        """Return a signed post."""
        body, stamp = json.dumps(events).encode(), str(int(SystemClock().now().timestamp()))
        signature = base64.b64encode(self.key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
        return Post(body, {SIGNATURE: signature, TIMESTAMP: stamp, "Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Post:
    """One post, ready to leave."""

    body: bytes
    headers: dict[str, str]


def bounces(number: int) -> bool:
    """Whether this person's mail comes back."""
    return number % BOUNCES == 0


def events_for(ids: dict[int, str]) -> list[dict[str, Any]]:
    """Return two events for every person, some of them twice, in no order."""
    at = int(SystemClock().now().timestamp())
    made = []
    for number, delivery_id in ids.items():
        for place, kind in enumerate(("processed", "bounce" if bounces(number) else "delivered")):
            made.append({
                "email": f"person{number}@example.org", "timestamp": at + place, "event": kind, "delivery_id": delivery_id,
                "sg_event_id": f"{kind}-{delivery_id}", "sg_message_id": f"message-{number}.filter", "reason": "",
            })
    made += made[::TWICE]
    random.Random(4).shuffle(made)
    return made


def posts_of(signer: Signer, events: Sequence[dict[str, Any]]) -> list[Post]:
    """Return the events in posts of 500."""
    return [signer.post(events[start : start + TOGETHER]) for start in range(0, len(events), TOGETHER)]


@dataclass(slots=True)
class Posted:
    """What came of it: how long each took, and what was refused."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    refused: int = 0


def _deliver(url: str, path: str, left: "SimpleQueue[Post]", seen: Posted) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    while True:
        try:
            post = left.get_nowait()
        except Empty:
            return
        begun = time.perf_counter()
        connection.request("POST", path, post.body, post.headers)
        answer = connection.getresponse()
        answer.read()
        seen.each.append(time.perf_counter() - begun)
        if answer.status // 100 != 2:
            seen.refused += 1
            left.put(post)  # as SendGrid does, later


def deliver(url: str, path: str, posts: Sequence[Post]) -> Posted:
    """Post everything over four connections; what is refused comes again."""
    left: SimpleQueue[Post] = SimpleQueue()
    for post in posts:
        left.put(post)
    seen, begun = Posted(), time.perf_counter()
    threads = [Thread(target=_deliver, args=(url, path, left, seen)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.seconds = time.perf_counter() - begun
    return seen
