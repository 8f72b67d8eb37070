"""What stands beside the sum of a send follows it, at the price of a few counters; who may have got it twice is one press away."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from incident_app.domain.ports import Rejected, Uncertain
from incident_app.extensions import db
from incident_app.models.deliveries import Chunk
from incident_app.models.notices import Notice
from tests.fakes import FakeChannel, FakeLimiter
from tests.letters_kit import csv_of
from tests.post_kit import POSTAL
from tests.web.test_sending_again import AGAIN
from tests.web.test_watching_a_send import questions
from tests.web.walk import AT, Walk

PAGE, LIVE = f"{AT}/delivery", f"{AT}/delivery?part=live"
PART = re.compile(r'data-part="([a-z-]+)"')
ALL = ["left", "posted", "as-of", "groups", "reasons", "uncertain", "decide", "again", "letters"]


def lost(walk: Walk, channel: str) -> None:
    """From now on no answer comes on this channel."""
    made = walk.ports.channels[channel]
    assert isinstance(made, FakeChannel)
    made.answer = lambda message: Uncertain("No answer came.")


@pytest.fixture
def going(walk: Walk) -> Walk:
    """A notice to three people: one by email, whose answer will be lost, two by letter."""
    lost(walk, "email")
    walk.to_approved(POSTAL, order="email,post", uncertain_policy="ask", canary="y")
    walk.launch(3)
    return walk


@pytest.fixture
def twice(walk: Walk) -> Walk:
    """A notice to five people; two of them, by Telegram alone, were sent it once more after their answer was lost."""
    content = csv_of(5, telegram_only=2, email_only=1)
    lost(walk, "telegram")
    walk.to_approved(content)
    walk.launch(5)
    walk.pump()
    walk.post(walk.responder, f"{PAGE}/uncertain/again", PAGE, reason="The provider was away for an hour.")
    (asked,) = AGAIN.findall(walk.approver.get(PAGE).text)
    walk.post(walk.approver, f"{PAGE}/uncertain/again/{asked}", PAGE, answer="agree")
    walk.pump()
    return walk


def test_every_card_at_the_side_follows_by_its_name(going: Walk) -> None:
    # Given the page of a send that goes on, as an approver sees it
    before = going.approver.get(PAGE).text
    assert sorted(PART.findall(before)) == sorted(ALL)
    assert "As of <time" in before
    assert "decide-reason" not in before

    # When people have been written to, and the parts alone are asked for
    going.pump()
    after = going.approver.get(LIVE).text

    # Then each of them is there once, and says what is true by then: nobody needs to load the page
    assert sorted(PART.findall(after)) == sorted(ALL)
    assert 'data-bind="uncertain">1<' in after
    assert 'id="decide-reason"' in after
    assert "The turn of 2 people is a letter now" in after
    assert "2 people wait for a letter" in after
    assert "minute left" not in after
    assert "<h1" not in after

    # … each with a token of its own: what is pressed in it is taken
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', after)
    assert token is not None
    told = going.approver.post(f"{PAGE}/uncertain", follow_redirects=True, data={
        "csrf_token": token[1], "decision": "leave", "reason": "She was told by phone."})
    assert "Decided for 1 person" in told.text
    assert 'id="decide-reason"' not in going.approver.get(LIVE).text


def held(walk: Walk, **seconds: float) -> str:
    """Return what the parts that follow say while providers hold channels for so long."""
    assert isinstance(walk.ports.limiter, FakeLimiter)
    walk.ports.limiter.holds = seconds
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", walk.approver.get(LIVE).text))


def test_a_channel_that_a_provider_holds_is_said_in_words_and_that_nobody_is_lost(walk: Walk) -> None:
    # Given a notice whose first messages still wait
    walk.to_approved(csv_of(3, telegram_only=1))
    walk.launch(3)
    assert "asked us to wait" not in held(walk)

    # When Telegram asked to wait, then the parts that follow say until when, and how long it takes
    said = held(walk, telegram=1140.0)
    until = walk.clock.now() + timedelta(seconds=1140)
    hour = until.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"Telegram asked us to wait until {hour:%H:%M}: nobody is lost, all workers wait together." in said
    assert "about 19 min left" in said
    assert "some wait for another try" not in said

    # … a short wait is not told by the minute, and one on a channel nobody waits for is none
    assert "Telegram asked us to wait less than a minute: nobody is lost" in held(walk, telegram=30.0)
    assert "asked us to wait" not in held(walk, email=600.0)


def test_people_in_the_hand_of_a_worker_that_does_not_answer_are_said_to_be_taken_over(walk: Walk) -> None:
    # Given a worker that went down with the first people in its hand
    walk.to_approved(csv_of(3, telegram_only=1))
    walk.launch(3)
    lease = walk.clock.now() + timedelta(seconds=150)
    with walk.app.app_context():
        db.session.execute(update(Chunk).values(state="sending", sending=[1, 2, 3], claim_token="gone", lease_until=lease))
        db.session.commit()
    assert "does not answer" not in held(walk)

    # When nothing was heard of it for a while
    walk.clock.move(seconds=25)

    # Then it is said when others take over, and nearly there that it will be soon
    said = held(walk)
    hour = lease.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"Some are with a worker that does not answer; others take over at {hour:%H:%M}." in said
    assert "about 2 min left" in said
    walk.clock.move(seconds=80)
    assert "others take over in less than a minute." in held(walk)


def test_the_parts_cost_the_same_for_ten_people_and_for_ten_million(going: Walk) -> None:
    # Given a send of which something has to be said in every card
    going.pump()

    # When its parts are asked for
    with questions(going.app) as asked:
        assert going.approver.get(LIVE).status_code == 200

    # Then of the rows of people an end, or a short stretch, of an index is read: nothing is counted over all of them
    of_rows = [one for one in asked if re.search(r"(FROM|JOIN) (deliveries|recipients)\b", one)]
    assert of_rows
    assert [one for one in of_rows if "LIMIT" not in one and "max(deliveries.next_attempt_at)" not in one] == []


def test_letters_that_are_too_many_to_count_again_and_again_say_of_when_they_are(going: Walk) -> None:
    # Given a page whose letters follow: of when they are, is said only where that stops
    going.pump()
    card = going.approver.get(PAGE).text.partition('data-part="letters"')[2]
    note = re.search(r"<p[^>]*data-kept[^>]*>.*?</p>", card, re.DOTALL)
    assert note is not None
    assert "hidden" in note[0]
    assert "As of <time" in note[0]
    assert "Read again" in note[0]


def test_a_page_in_which_nothing_changes_follows_nothing(twice: Walk) -> None:
    page = twice.responder.get(PAGE).text

    assert "data-follow=" not in page
    assert "data-poll=" not in page
    assert "As of <time" not in page


def test_who_may_have_got_it_twice_is_one_press_away(twice: Walk) -> None:
    # Given a page that says how many they are
    page = twice.responder.get(PAGE).text
    link = re.search(r'<a href="([^"]+)">2 people may have got it twice</a>', page)
    assert link is not None

    # When that is pressed, then exactly these two are there, without contacts, and the filter says so
    listed = twice.responder.get(link[1]).text
    assert re.findall(r"P-\d{5}</td>", listed) == ["P-00002</td>", "P-00004</td>"]
    assert re.search(r'outcome=twice"\s+aria-current="true"', listed)
    assert "example.org" not in listed.partition("<main")[2]
    assert twice.responder.get(f"{PAGE}?outcome=twice&after=2").text.count("Story of P-") == 1

    # … the watched figures know it too
    answer = twice.responder.get(f"{PAGE}/progress.json").json
    assert answer is not None
    assert answer["twice"] == 2
    again = twice.responder.get(f"{PAGE}/progress.json").json
    assert again == answer

    # … and so does the table of everybody
    rows = [line.split(",") for line in twice.responder.get(f"{PAGE}/outcomes.csv").text.splitlines()]
    assert rows[0][-1] == "may have got it twice"
    assert [row[0] for row in rows if row[-1] == "yes"] == ["P-00002", "P-00004"]


def test_nobody_is_said_to_get_it_twice_where_somebody_may_have(twice: Walk) -> None:
    page = twice.responder.get(PAGE).text

    assert "It is not sent again by itself." in page
    assert "so nobody gets it twice" not in page


def test_a_moment_of_another_day_is_told_with_its_day(twice: Walk) -> None:
    # Given a send that was over today
    page = twice.responder.get(f"{PAGE}?outcome=all").text
    last = re.findall(r'<td data-label="Last try">\s*<time[^>]*>(\d\d:\d\d)</time>', page)
    assert last
    assert "in one stretch" not in page
    assert "most in one minute: " in page or "all within this time" in page

    # When somebody looks the day after, then an hour alone does not read as one of today
    twice.clock.move(days=1)
    page = twice.client_for("responder").get(f"{PAGE}?outcome=all").text
    assert f"{last[0]}</time>" in page
    assert re.search(r'<td data-label="Last try">\s*<time[^>]*>\w{3} \d+ \w{3} \d\d:\d\d</time>', page)


def test_the_name_of_a_sum_that_moves_repeats_no_figure(going: Walk) -> None:
    assert 'aria-label="The sum"' in going.responder.get(PAGE).text


def test_a_send_in_which_nobody_got_it_twice_has_no_such_list_to_choose(going: Walk) -> None:
    going.pump()
    page = going.responder.get(PAGE).text

    assert "got it twice" not in page
    assert "Nobody." in going.responder.get(f"{PAGE}?outcome=twice").text


def test_words_about_the_uncertain_are_those_of_the_plan(going: Walk) -> None:
    going.pump()
    assert "It is not sent again by itself, so nobody gets it twice." in going.responder.get(PAGE).text
    with going.app.app_context():
        notice = db.session.scalars(select(Notice)).one()
        notice.plan = {**notice.plan, "uncertain_policy": "next_channel"}
        db.session.commit()

    page = going.responder.get(PAGE).text

    assert "so nobody gets it twice" not in page
    assert "that follows after the wait of the plan, as approved" in page


def test_a_message_that_waits_for_hours_is_not_said_to_be_a_minute_away(walk: Walk) -> None:
    # Given an email that came back, whose person has Telegram too, and two people who can only be told by letter
    email = walk.ports.channels["email"]
    assert isinstance(email, FakeChannel)
    email.answer = lambda message: Rejected("The mailbox does not exist", permanent=True)
    lines = POSTAL.decode().splitlines()
    walk.to_approved("\n".join([f"{lines[0]},telegram_id", f"{lines[1]},700000001", f"{lines[2]},", f"{lines[3]},", ""]).encode(),
                     order="email,telegram,post", wait_minutes="120", uncertain_policy="ask", canary="y")
    walk.launch(3)
    walk.pump()

    # Then the page says how long that takes, until when, and that letters are not in it; and so do the parts that follow
    for at in (PAGE, LIVE):
        left = walk.approver.get(at).text.partition('data-part="left">')[2].partition("</span>")[0]
        words = " ".join(re.sub(r"<[^>]+>", "", left).split())
        assert words == ("about 2 h 0 min left: until 12:40 some wait for another try or for their next channel; "
                         "2 people wait for a letter besides")
