"""Nothing leaves, and what would have been seen can be read."""

import stat
import threading
from collections import Counter
from pathlib import Path

import pytest

from incident_app.adapters.simulator import BUSY_EVERY, Simulator
from incident_app.domain.ports import Button, Channel, Message, Outbox, Rejected, Sent
from tests.fakes import FakeClock


@pytest.fixture
def simulator(tmp_path: Path, clock: FakeClock) -> Simulator:
    return Simulator(tmp_path / "outbox.sqlite", clock)


def message(address: str = "42", **more: str) -> Message:
    return Message(f"id-{address}", address, more.get("subject", "Notice"), more.get("text", "Your data."))


def test_what_was_sent_can_be_seen_as_the_person_would_have(simulator: Simulator, clock: FakeClock) -> None:
    outbox: Outbox = simulator
    channel: Channel = simulator.channel("email", reliable=True)
    sent = Message("id-1", "kim@example.org", "Notice", "Your data.", "<p>Your data.</p>", "de", (Button("Yes", "y"),))

    outcomes = channel.send([sent])

    assert outcomes == [Sent("simulated-1")]
    (item,) = outbox.items()
    assert (item.number, item.channel, item.delivery_id, item.address) == (1, "email", "id-1", "kim@example.org")
    assert (item.subject, item.text, item.html) == ("Notice", "Your data.", "<p>Your data.</p>")
    assert (item.buttons, item.outcome, item.sent_at) == (("Yes",), "sent", clock.now())
    assert outbox.count() == 1


def test_a_share_of_people_cannot_be_reached_and_always_the_same(simulator: Simulator) -> None:
    def refused(name: str) -> set[str]:
        people = [message(f"{name}-{number}") for number in range(2000)]
        outcomes = simulator.channel(name).send(people)
        return {p.address for p, o in zip(people, outcomes, strict=True) if isinstance(o, Rejected) and o.permanent}

    blocked, bounced = refused("telegram"), refused("email")

    assert 20 < len(blocked) < 65
    assert 35 < len(bounced) < 90
    assert refused("telegram") == blocked
    assert {item.outcome for item in simulator.items(limit=9000)} == {"sent", "blocked", "bounced"}


def test_another_seed_makes_others_unreachable(tmp_path: Path, clock: FakeClock) -> None:
    people = [message(str(number)) for number in range(300)]
    answers = [
        [isinstance(o, Sent) for o in Simulator(tmp_path / seed, clock, seed).channel("telegram").send(people)]
        for seed in ("a", "b")
    ]
    assert answers[0] != answers[1]


def test_now_and_then_the_provider_is_busy_and_the_same_message_passes_next_time(simulator: Simulator) -> None:
    channel = simulator.channel("telegram")
    people = [message(f"t-{number}") for number in range(BUSY_EVERY)]

    busy = [p for p, o in zip(people, channel.send(people), strict=True)
            if isinstance(o, Rejected) and o.retry_after is not None]

    assert busy == [people[-1]]
    (again,) = channel.send(busy)
    assert not (isinstance(again, Rejected) and again.retry_after)
    assert Counter(item.address for item in simulator.items(limit=9000)).most_common(1)[0][1] == 1


def test_our_own_staff_are_always_reached(simulator: Simulator) -> None:
    outcomes = simulator.channel("telegram", reliable=True).send([message(str(n)) for n in range(2 * BUSY_EVERY)])
    assert all(isinstance(outcome, Sent) for outcome in outcomes)


def test_the_outbox_is_read_in_pages_by_channel_and_by_words(simulator: Simulator) -> None:
    simulator.channel("email", reliable=True).send([message(f"p{n}@example.org", text=f"100% yours {n}") for n in range(5)])
    simulator.channel("sms", reliable=True).send([message("+491", subject="Under_score")])

    assert [item.number for item in simulator.items(limit=2)] == [6, 5]
    assert [item.number for item in simulator.items(before=5, limit=2)] == [4, 3]
    assert [item.number for item in simulator.items(channel="sms")] == [6]
    assert [item.address for item in simulator.items(search="P3@EXAMPLE")] == ["p3@example.org"]
    assert len(simulator.items(search="100%")) == 5
    assert simulator.items(search="100_") == []
    assert [item.number for item in simulator.items(search="r_s")] == [6]
    assert [item.number for item in simulator.items(search="id-+491", channel="sms")] == [6]
    assert simulator.items(search="\\") == []


def test_threads_may_send_at_the_same_time(simulator: Simulator) -> None:
    def work(name: str) -> None:
        for start in range(0, 100, 20):
            simulator.channel(name).send([message(f"{name}{number}") for number in range(start, start + 20)])

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert simulator.count() == 400
    assert len({item.number for item in simulator.items(limit=1000)}) == 400


def test_the_file_is_its_owners_alone_and_is_kept(simulator: Simulator, tmp_path: Path, clock: FakeClock) -> None:
    simulator.channel("sms").send([message()])
    assert simulator.channel("sms").send([]) == []
    assert stat.S_IMODE((tmp_path / "outbox.sqlite").stat().st_mode) == 0o600
    assert Simulator(tmp_path / "outbox.sqlite", clock).count() == 1
