"""Whoever can write into the queue can wake us, and nothing else: no pickle, no task of another name, no arguments."""

import base64
import json
import pickle
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from flask import Flask
from kombu import pools

from incident_app.extensions import celery
from incident_app.tasks import configure_celery
from incident_app.wiring import Ports
from tests import brokers
from tests.builders import settings_for_tests

pytestmark = pytest.mark.redis


class Bomb:
    """Leaves a file behind wherever it is unpickled."""

    def __init__(self, path: Path) -> None:
        """Aim at a path."""
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        """Touch it."""
        return Path.touch, (self.path,)


@pytest.fixture
def queue(tmp_path: Path, app: Flask, test_ports: Ports) -> Iterator[redis.Redis]:
    """A real Redis, and the app bound to it."""
    with brokers.redis_server() as url:
        if url is None:
            pytest.skip(brokers.MISSING)
        settings = settings_for_tests(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)
        configure_celery(app, celery, replace(settings, redis_url=url))
        with redis.Redis.from_url(url) as client:
            yield client
        pools.reset()
        celery._after_fork()  # type: ignore[attr-defined]  # it forgets the pools that were closed
        configure_celery(app, celery, settings)


def plant(queue: redis.Redis, task: str, body: bytes, content_type: str, encoding: str = "utf-8", at: str = "bulk") -> None:
    """Put a message into the queue, as who holds the Redis can."""
    number = str(uuid.uuid4())
    queue.lpush(at, json.dumps({
        "body": base64.b64encode(body).decode(), "content-type": content_type, "content-encoding": encoding,
        "headers": {"lang": "py", "task": task, "id": number, "root_id": number, "argsrepr": "", "kwargsrepr": ""},
        "properties": {"correlation_id": number, "delivery_mode": 2, "delivery_tag": number, "body_encoding": "base64",
                       "delivery_info": {"exchange": "", "routing_key": at}, "priority": 0},
    }))


def as_json(*arguments: object) -> bytes:
    return json.dumps([list(arguments), {}, {}]).encode()


def test_only_our_own_wake_ups_in_json_are_followed(queue: redis.Redis, tmp_path: Path) -> None:
    exploded, done, ran = tmp_path / "exploded", threading.Event(), []

    def ended(task_id: str = "", task: object = None, state: str = "", **_facts: object) -> None:
        del task_id
        ran.append((getattr(task, "name", ""), state))
        if state == "SUCCESS":
            done.set()

    plant(queue, "tasks.deliveries.sweep", pickle.dumps(((Bomb(exploded),), {}, {})), "application/x-python-serialize",
          "binary")
    plant(queue, "tasks.deliveries.sweep", pickle.dumps(Bomb(exploded)), "application/json", "binary")
    plant(queue, "os.system", as_json("touch " + str(exploded)), "application/json")
    plant(queue, "celery.backend_cleanup", as_json(), "application/json")
    plant(queue, "celery.map", as_json({"task": "tasks.deliveries.sweep"}, [[]]), "application/json")
    plant(queue, "tasks.deliveries.sweep", as_json(1, "drop table"), "application/json")
    plant(queue, "tasks.deliveries.sweep", as_json(), "application/json")

    task_postrun.connect(ended, weak=False)
    try:
        with start_worker(celery, pool="solo", perform_ping_check=False, queues=["bulk"], loglevel="CRITICAL"):
            assert done.wait(60)
    finally:
        task_postrun.disconnect(ended)

    assert not exploded.exists()
    assert [one for one in ran if one[1] == "SUCCESS"] == [("tasks.deliveries.sweep", "SUCCESS")]
