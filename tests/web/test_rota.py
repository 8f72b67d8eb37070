"""The rota in the browser of those who may and may not change it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services import accounts, rota
from tests.fakes import START, FakeClock
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
DAY = timedelta(days=1)
SHIFT = {"starts_at": "2026-11-24T08:00", "ends_at": "2026-11-24T20:00", "zone": "Europe/Berlin"}


def user(who: str) -> User:
    found = accounts.find(db.session(), f"{who}@example.org")
    assert found is not None
    return found


def ids(app: Flask, *who: str) -> list[str]:
    with app.app_context():
        return [str(user(one).id) for one in who]


@pytest.fixture
def week(app: Flask) -> int:
    """The on-call person has the next nine days."""
    with app.app_context():
        return rota.add_shift(db.session(), user("oncall_person").id, START, START + 9 * DAY, by=user("admin").actor,
                              now=START).id


def on_call_at(app: Flask, days: float) -> str:
    with app.app_context():
        found = rota.on_call(db.session(), START + days * DAY)
        return found.name if found else "nobody"


def test_an_empty_rota_says_so_and_offers_to_fill_the_gap(client_for: SignIn) -> None:
    client = client_for("responder")

    page = client.get("/oncall/rota").text
    assert "Nobody is on the rota" in page
    assert "from <b>Mon 23 Nov 2026 10:40 CET</b> to <b>Mon 30 Nov 2026 10:40 CET</b>" in page
    link = re.search(r'href="(/oncall/rota\?from=[^"]+)#shift-h"', page)
    assert link is not None
    filled = client.get(link[1].replace("&amp;", "&")).text
    assert 'value="2026-11-23T10:40"' in filled
    assert 'value="2026-11-30T10:40"' in filled


@pytest.mark.parametrize("asked", ["from=x&to=y", "from=2026-11-23&to=2026-11-24", "from=2026-11-24T00:00Z&to=2026-11-23T00:00Z"])
def test_a_made_up_gap_fills_nothing(client_for: SignIn, asked: str) -> None:
    answer = client_for("responder").get(f"/oncall/rota?{asked}")

    assert answer.status_code == 200
    assert 'value="2026-' not in answer.text


def test_a_gap_longer_than_a_shift_is_filled_with_the_longest(client_for: SignIn) -> None:
    page = client_for("responder").get("/oncall/rota?from=2026-11-23T09:40:30Z&to=2027-11-23T09:40:30Z").text

    assert 'value="2026-11-23T10:40"' in page
    assert 'value="2026-12-24T10:41"' in page


def test_a_shift_is_added_in_a_chosen_zone_and_shown_in_ones_own(app: Flask, client_for: SignIn) -> None:
    (person,) = ids(app, "oncall_person")

    page = post(client_for("responder"), "/oncall/rota/shifts", SHIFT | {"user_id": person, "zone": "America/New_York"},
                follow=True).text

    assert "Ola Oncall is on the rota from Tue 24 Nov 2026 14:00 CET to Wed 25 Nov 2026 02:00 CET." in page
    assert "All times in your own zone, Europe/Berlin." in page


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"starts_at": "", "ends_at": "soon"}, "Give date and time"),
        ({"ends_at": "2026-11-24T07:00"}, "The end must come after the start."),
        ({"user_id": "4711"}, "Choose one of the answers offered for “Who”."),
        ({"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T09:00"}, "does not exist in Europe/Berlin"),
        ({"starts_at": "2027-10-31T02:30", "ends_at": "2027-10-31T09:00"}, "Which of the two?"),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused_on_its_field(
    app: Flask, client_for: SignIn, facts: dict[str, str], words: str
) -> None:
    (person,) = ids(app, "oncall_person")

    answer = post(client_for("responder"), "/oncall/rota/shifts", SHIFT | {"user_id": person} | facts)

    assert answer.status_code == 422
    assert words in answer.text


def test_of_a_time_that_happens_twice_one_can_be_chosen(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    clock.at = START.replace(year=2027, month=10, day=30)
    (person,) = ids(app, "oncall_person")
    facts = {"user_id": person, "starts_at": "2027-10-31T02:30", "ends_at": "2027-10-31T03:30", "fold": "0"}
    client = client_for("responder")

    page = post(client, "/oncall/rota/shifts", SHIFT | facts, follow=True).text

    assert "from Sun 31 Oct 2027 02:30 CEST to Sun 31 Oct 2027 03:30 CET" in page
    assert re.search(r">\s*2 h\s*<", page)


def test_a_hole_before_a_shift_is_refused_in_words(app: Flask, client_for: SignIn, week: int) -> None:
    (person,) = ids(app, "approver")
    facts = SHIFT | {"user_id": person, "starts_at": "2026-12-05T08:00", "ends_at": "2026-12-06T08:00"}

    answer = post(client_for("responder"), "/oncall/rota/shifts", facts)

    assert answer.status_code == 422
    assert "Nobody would be on call from Wed 2 Dec 2026 10:40 CET to Sat 5 Dec 2026 08:00 CET." in answer.text
    assert "Let the shift begin at Wed 2 Dec 2026 10:40 CET" in answer.text


def test_a_day_is_covered_by_its_owner_and_the_page_says_for_whom(app: Flask, client_for: SignIn, week: int) -> None:
    client = client_for("oncall_person")
    (person,) = ids(app, "approver")
    assert "Find cover" in client.get("/oncall/rota").text
    page = client.get(f"/oncall/rota/shifts/{week}").text
    assert "Somebody stands in" in page
    assert "Other times" not in page

    page = post(client, f"/oncall/rota/shifts/{week}/cover", SHIFT | {"user_id": person, "version": "1"}, follow=True).text

    assert "Ada Approver is on call for Ola Oncall from Tue 24 Nov 2026 08:00 CET to Tue 24 Nov 2026 20:00 CET." in page
    assert "for Ola Oncall</small>" in page


def test_a_cover_beyond_the_shift_is_refused_on_its_field_and_a_stale_page_is_a_conflict(
    app: Flask, client_for: SignIn, week: int
) -> None:
    client = client_for("responder")
    (person,) = ids(app, "approver")
    facts = SHIFT | {"user_id": person, "version": "1"}

    answer = post(client, f"/oncall/rota/shifts/{week}/cover", facts | {"ends_at": "2027-01-01T00:00"})
    assert (answer.status_code, "The shift ends earlier than that." in answer.text) == (422, True)
    assert post(client, f"/oncall/rota/shifts/{week}/cover", facts | {"version": "7"}).status_code == 409


def test_nobody_finds_cover_for_somebody_elses_shift(app: Flask, client_for: SignIn, week: int) -> None:
    with app.app_context():
        rota.hand_over(db.session(), user("approver").id, by=user("admin").actor, now=START)
        other = rota.upcoming(db.session(), START, START + DAY)[0].id
    client = client_for("oncall_person")
    (person,) = ids(app, "oncall_person")

    page = client.get("/oncall/rota").text
    assert "Find cover" not in page
    assert "Hand over now" not in page
    answer = post(client, f"/oncall/rota/shifts/{other}/cover", SHIFT | {"user_id": person})
    assert (answer.status_code, "your own shifts only" in answer.text) == (403, True)


def test_the_shift_is_handed_over_now(app: Flask, client_for: SignIn, week: int) -> None:
    client = client_for("oncall_person")
    (person,) = ids(app, "responder")
    page = client.get("/oncall/rota").text
    assert f'name="hand-shift_id" type="hidden" value="{week}"' in page

    told = post(client, "/oncall/rota/hand-over", {"hand-user_id": person, "hand-shift_id": str(week)}, follow=True).text

    assert ">Rene Responder (no Telegram linked)<" in page, "what stands in the way is said before they are chosen"
    assert "Rene Responder is on call now, until Wed 2 Dec 2026 10:40 CET, and is told so. But: no Telegram linked." in told
    assert on_call_at(app, 0) == "Rene Responder"
    assert post(client, "/oncall/rota/hand-over", {"hand-user_id": person, "hand-shift_id": str(week)}).status_code == 409


def test_who_is_handed_over_to_without_anything_in_the_way_is_named_alone(app: Flask, client_for: SignIn, week: int) -> None:
    with app.app_context():
        user("responder").telegram_chat_id = "7002"
        user("approver").password = None
        db.session.commit()
    (person,) = ids(app, "responder")
    client = client_for("oncall_person")
    page = client.get("/oncall/rota").text
    assert ">Rene Responder<" in page
    assert ">Ada Approver (no Telegram linked, has never signed in)<" in page

    told = post(client, "/oncall/rota/hand-over", {"hand-user_id": person, "hand-shift_id": str(week)}, follow=True).text

    assert "and is told so. But" not in told


def test_a_hand_over_to_nobody_known_is_refused_in_words(client_for: SignIn, week: int) -> None:
    answer = post(client_for("responder"), "/oncall/rota/hand-over", {"hand-user_id": "4711"})

    assert (answer.status_code, "Choose one of the answers offered for “Hand over now to”." in answer.text) == (422, True)


def test_a_shift_gets_other_times_or_words_why_not(app: Flask, client_for: SignIn, week: int) -> None:
    client = client_for("responder")
    facts = {"change-starts_at": "2026-11-23T10:40", "change-zone": "Europe/Berlin", "change-version": "1"}

    answer = post(client, f"/oncall/rota/shifts/{week}/change", facts | {"change-ends_at": "2026-11-25T10:40"})
    assert answer.status_code == 422
    assert "Let the shift end at Mon 30 Nov 2026 10:40 CET" in answer.text
    page = post(client, f"/oncall/rota/shifts/{week}/change", facts | {"change-ends_at": "2026-12-10T08:00"}, follow=True).text
    assert "The shift lasts from Mon 23 Nov 2026 10:40 CET to Thu 10 Dec 2026 08:00 CET." in page


def test_a_shift_is_taken_off_unless_the_rota_would_be_empty(app: Flask, client_for: SignIn, week: int) -> None:
    client = client_for("responder")
    with app.app_context():
        over = rota.add_shift(db.session(), user("approver").id, START + DAY, START + 2 * DAY, by=user("admin").actor,
                              now=START).id
    assert "Shifts that do not count" not in client.get("/oncall/rota").text

    assert "off the rota" in post(client, f"/oncall/rota/shifts/{over}/remove", {"version": "1"}, follow=True).text
    answer = post(client, f"/oncall/rota/shifts/{week}/remove")
    assert (answer.status_code, "leave the rota empty" in answer.text) == (422, True)
    assert post(client, "/oncall/rota/shifts/4711/remove").status_code == 404


def test_a_shift_behind_a_later_one_is_told_and_one_that_is_over_is_kept(
    app: Flask, client_for: SignIn, clock: FakeClock, week: int
) -> None:
    with app.app_context():
        rota.add_shift(db.session(), user("approver").id, START, START + 9 * DAY, by=user("admin").actor, now=START)
    client = client_for("responder")

    assert "Shifts that do not count (1)" in client.get("/oncall/rota").text
    assert "not at all: shifts made later do" in client.get(f"/oncall/rota/shifts/{week}").text
    clock.move(days=10)
    assert "This shift is over." in client_for("responder").get(f"/oncall/rota/shifts/{week}").text


def test_a_disabled_account_leaves_a_gap_in_red(app: Flask, client_for: SignIn, week: int) -> None:
    with app.app_context():
        rota.add_shift(db.session(), user("responder").id, START + 9 * DAY, START + 20 * DAY, by=user("admin").actor,
                       now=START)
        user("oncall_person").active = False
        db.session.commit()

    page = client_for("approver").get("/oncall/rota").text

    assert 'class="is-overdue"' in page
    assert "the account is disabled" in page
    assert "Nobody is on call" in client_for("approver").get("/oncall").text


def test_a_rotation_is_shown_and_then_saved(app: Flask, client_for: SignIn, week: int) -> None:
    client = client_for("responder")
    first, second = ids(app, "approver", "responder")
    form = client.get("/oncall/rota/rotation").text
    assert 'value="2026-12-02"' in form, "it begins where the rota ends"
    plan = {"person_1": first, "person_2": second, "days": "7", "weekday": "0", "at": "09:00", "zone": "Europe/Madrid",
            "first": "2026-12-02", "turns": "3"}
    plan |= {f"person_{number}": "0" for number in range(3, 9)}

    page = post(client, "/oncall/rota/rotation", plan).text
    assert "3 turns, not saved yet" in page
    assert "parts of 1 shift" in page
    assert on_call_at(app, 12) == "nobody"
    seen = re.search(r'name="seen" type="hidden" value="([0-9a-f]+)"', page)
    assert seen is not None

    saved = post(client, "/oncall/rota/rotation/save", plan | {"seen": seen[1]}, follow=True).text
    assert "3 turns are on the rota, until Mon 21 Dec 2026 09:00 CET." in saved
    assert [on_call_at(app, days) for days in (5, 10, 17)] == ["Ola Oncall", "Ada Approver", "Rene Responder"]
    assert post(client, "/oncall/rota/rotation/save", plan | {"seen": seen[1], "turns": "9"}).status_code == 409


@pytest.mark.parametrize("where", ["/oncall/rota/rotation", "/oncall/rota/rotation/save"])
def test_a_rotation_that_makes_no_sense_is_refused_on_its_fields(client_for: SignIn, where: str) -> None:
    answer = post(client_for("responder"), where, {"at": "noon", "first": "tomorrow", "zone": "UTC", "turns": ""})

    assert answer.status_code == 422
    for words in ("Choose at least one person.", "Give the time as 09:00.", "Give the first day", "Say how many turns."):
        assert words in answer.text


def test_a_long_rota_is_shown_for_six_weeks_and_whole_when_asked(app: Flask, client_for: SignIn, week: int) -> None:
    with app.app_context():
        for number in range(3):
            rota.add_shift(db.session(), user("responder").id, START + (9 + 30 * number) * DAY,
                           START + (39 + 30 * number) * DAY, by=user("admin").actor, now=START)
    client = client_for("oncall_person")

    page = client.get("/oncall/rota").text
    assert "Show all, until Sun 21 Feb 2027 10:40 CET" not in page
    assert "Show all, until" in page
    assert "Show all" not in client.get("/oncall/rota?all=1").text


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("oncall_person", 200), ("admin", 200), ("reporter", 403)])
def test_who_may_see_the_rota(client_for: SignIn, week: int, who: str, status: int) -> None:
    client = client_for(who)

    assert client.get("/oncall/rota").status_code == status
    assert client.get(f"/oncall/rota/shifts/{week}").status_code == status
    assert ("Add a shift" in client.get("/oncall/rota").text) == (who == "admin")
