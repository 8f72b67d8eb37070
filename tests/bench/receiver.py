"""The least that takes SendGrid's events: verifies the signature and does one bulk UPDATE. The ceiling of ``bench_webhook``.

It keeps no event, knows no notice, and counts nothing; run by gunicorn as ``tests.bench.receiver:app``.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, cast

import psycopg
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

RANKS = {"processed": 1, "deferred": 2, "delivered": 3, "bounce": 4}
_UPDATE = """
UPDATE bench_states AS s SET rank = e.rank FROM (
  SELECT id, max(rank) AS rank FROM unnest(%s::text[], %s::int[]) AS e (id, rank) GROUP BY id
) AS e WHERE s.id = e.id AND s.rank < e.rank
"""


@cache
def _database() -> "psycopg.Connection[Any]":
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)


@cache
def _key() -> EllipticCurvePublicKey:
    return cast(EllipticCurvePublicKey, load_der_public_key(base64.b64decode(os.environ["BENCH_KEY"])))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Take one post."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    signature = base64.b64decode(environ["HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_SIGNATURE"])
    stamp = environ["HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_TIMESTAMP"].encode()
    _key().verify(signature, stamp + body, ECDSA(SHA256()))
    events = json.loads(body)
    _database().execute(_UPDATE, [[one["delivery_id"] for one in events], [RANKS[one["event"]] for one in events]])
    start_response("202 Accepted", [("Content-Length", "0")])
    return [b""]
