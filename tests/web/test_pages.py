"""The pages of a case, as people see them."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.fakes import FakeClock

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
Client = Callable[[str], FlaskClient]


def post(client: FlaskClient, path: str, form: dict[str, object], page: str | None = None) -> tuple[int, str]:
    """Send a form as a browser would, with the token of its page; return the status and the text after redirects."""
    found = TOKEN.search(client.get(page or path).text)
    assert found is not None
    answer = client.post(path, data=form | {"csrf_token": found[1]}, follow_redirects=True)
    return answer.status_code, answer.text


BREACH: dict[str, object] = {
    "title": "Conversation export open to anyone", "kind": "leaked-ai-prompts", "aware_when": "now",
    "zone": "Europe/Berlin", "aware_source": "SOC call", "detected_when": "same", "people_data": "yes",
    "count_certainty": "about", "count_low": "10000",
}
ANSWERS: dict[str, object] = {
    "classes": ["sensitive"], "ei": "0.75", "confidentiality": "0.5", "integrity": "0", "availability": "0",
    "malicious": "yes",
}


@pytest.fixture
def filed(client_for: Client) -> FlaskClient:
    """A responder who has just filed a breach."""
    client = client_for("responder")
    status, text = post(client, "/cases/new", BREACH)
    assert status == 200
    assert "Clock to" in text
    return client


def test_filing_opens_the_case_with_its_clock(filed: FlaskClient) -> None:
    page = filed.get("/cases/BR-2026-001").text

    assert "72" in page
    assert "about 10\u202f000 people" in page
    assert "No date in law" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aware_when": "earlier", "aware_at": "2026-03-29T02:30"}, "does not exist in"),
        ({"aware_when": "earlier", "aware_at": "2026-10-25T02:30"}, "happened twice"),
        ({"aware_when": "earlier", "aware_at": "2027-01-01T00:00"}, "cannot lie in the future"),
        ({"aware_when": "earlier", "aware_at": ""}, "Give date and time"),
        ({"detected_when": "earlier", "detected_at": ""}, "Give date and time of the detection"),
        ({"aware_source": ""}, "Say who or what told you"),
        ({"count_certainty": "range", "count_low": "9", "count_high": "3"}, "upper end is below"),
        ({"kind": "nonsense"}, "Choose one of the answers offered for “Kind of breach”."),
    ],
)
def test_bad_input_is_named_and_nothing_is_logged(
    client_for: Client, change: dict[str, object], words: str
) -> None:
    client = client_for("responder")

    status, text = post(client, "/cases/new", BREACH | change)

    assert status == 422
    assert words in text
    assert client.get("/cases/BR-2026-001").status_code == 404


def test_an_ambiguous_time_is_taken_once_it_is_said_which(client_for: Client) -> None:
    status, text = post(
        client_for("responder"), "/cases/new",
        BREACH | {"aware_when": "earlier", "aware_at": "2026-10-25T02:30", "fold": "1"},
    )

    assert status == 200
    assert "02:30 CET" in text


def test_the_case_is_scored_decided_and_cannot_be_closed_yet(filed: FlaskClient, client_for: Client) -> None:
    # Given a filed breach, when it is scored
    status, text = post(filed, "/cases/BR-2026-001/assess", ANSWERS)
    assert status == 200
    assert "Scored: SE 4, very high" in text

    # And an approver decides with too short a reason, then with one
    approver = client_for("approver")
    decision: dict[str, object] = {"subject": "people", "outcome": "not_required", "reason": "no"}
    path, page = "/cases/BR-2026-001/decisions", "/cases/BR-2026-001/assess"
    status, text = post(approver, path, decision, page)
    assert status == 422
    assert 'href="#people-reason"' in text
    assert re.search(r'id="people-outcome-1"\s+value="not_required"\s+checked', text), "what was chosen stays chosen"
    status, text = post(approver, path, decision | {"reason": "Everybody was told by phone"}, page)
    assert status == 200
    assert "Differs from the proposal" in text
    assert "Waits for a second person" in text

    # Then the case still says what is open
    status, text = post(approver, "/cases/BR-2026-001/close", {"version": "1", "reason": "Done"},
                        "/cases/BR-2026-001/decisions".replace("decisions", "assess"))
    assert status == 422
    assert "cannot be closed yet" in text


def test_unanswered_questions_are_named(filed: FlaskClient) -> None:
    status, text = post(filed, "/cases/BR-2026-001/assess", {"classes": ["simple"], "ei": "0.5"})

    assert status == 422
    for words in ("who may have read the data", "whether the data were changed", "whether it was done on purpose"):
        assert f"Say {words}." in text
    assert "Say how easily" not in text


def test_facts_are_kept_and_a_stale_form_is_refused(filed: FlaskClient) -> None:
    facts: dict[str, object] = {
        "version": "1", "zone": "Europe/Berlin", "title": "Export open", "kind": "leaked-ai-prompts",
        "people_data": "yes", "count_certainty": "exact", "count_low": "9998", "records_certainty": "unknown",
        "confidentiality": "yes", "integrity": "no", "availability": "unknown", "malicious": "yes",
        "unintelligible": "no", "data_categories": ["ai_prompts"], "countries": "de, ru", "contained_at": "2026-11-23T10:00",
        "role": "controller",
    }
    status, text = post(filed, "/cases/BR-2026-001/edit", facts)
    assert status == 200
    assert "Roskomnadzor" in text

    status, text = post(filed, "/cases/BR-2026-001/edit", facts)
    assert status == 409
    assert "changed this while you were editing" in text
    status, _ = post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "contained_at": "soon"})
    assert status == 422
    assert post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "kind": "?"})[0] == 422
    assert post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "countries": "Spain"})[0] == 422
    status, text = post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "countries": "ES XX"})
    assert (status, "not XX." in text) == (422, True)

    # and the first hint may be written down: not after awareness, and then the case shows it
    status, text = post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "first_signal_at": "2026-11-23T23:00"})
    assert status == 422
    assert "a first hint comes before it" in text
    status, text = post(filed, "/cases/BR-2026-001/edit", facts | {"version": "2", "first_signal_at": "2026-11-23T08:15"})
    assert status == 200
    assert "First hint" in text


def test_awareness_gets_a_new_version(filed: FlaskClient, clock: FakeClock) -> None:
    clock.move(hours=1)
    change: dict[str, object] = {"version": "1", "aware_at": "2026-11-23T09:00", "zone": "Europe/Berlin", "source": "Log",
                                 "reason": "The log shows it"}
    assert post(filed, "/cases/BR-2026-001/awareness", change | {"aware_at": ""})[0] == 422
    assert post(filed, "/cases/BR-2026-001/awareness", change | {"version": "5"})[0] == 409
    status, text = post(filed, "/cases/BR-2026-001/awareness", change)
    assert status == 200
    assert "version 2" in text


def test_notes_stand_in_the_timeline_with_their_corrections(filed: FlaskClient) -> None:
    path, page = "/cases/BR-2026-001/notes", "/cases/BR-2026-001/timeline"
    status, text = post(filed, path, {"text": "About 12,000 people."}, page)
    assert status == 200
    assert "About 12,000 people." in text
    status, text = post(filed, path, {"text": "It is 10,000.", "corrects": "1"}, page)
    assert "Corrected" in text
    assert "A breach was logged" in filed.get(page + "?kind=human").text
    assert filed.get(page + "?kind=sends").status_code == 200


def test_a_token_is_shown_once(client_for: Client) -> None:
    client = client_for("responder")
    status, text = post(client, "/me/tokens", {"name": "script", "days": "30"}, "/me")
    assert status == 200
    assert "ia_" in text
    assert "not shown again" not in client.get("/me").text
    assert post(client, "/me/tokens", {"name": "", "days": ""}, "/me")[0] == 422
    assert post(client, "/me/tokens", {"name": "script", "days": "4000"}, "/me")[0] == 422
    assert "revoked" in post(client, "/me/tokens/1/revoke", {}, "/me")[1]


def test_a_used_link_says_so(client_for: Client) -> None:
    client = client_for("responder")
    page = client.get("/start/never-made")
    found = TOKEN.search(page.text)
    assert found is not None
    answer = client.post("/start/never-made", data={"csrf_token": found[1]})
    assert answer.status_code == 422
    assert "not known here" in answer.text


def test_a_form_without_its_token_is_refused_in_words(client_for: Client) -> None:
    answer = client_for("responder").post("/cases/new", data=BREACH)

    assert answer.status_code == 400
    assert "nothing was saved" in answer.text


@pytest.mark.parametrize("who", ["reporter", "responder", "approver", "oncall_person", "auditor", "admin"])
def test_every_page_renders_for_whoever_may_see_it(filed: FlaskClient, client_for: Client, who: str) -> None:
    post(filed, "/cases/BR-2026-001/assess", ANSWERS)
    client = client_for(who)

    for path in ("/", "/cases/new", "/me", "/cases/BR-2026-001", "/cases/BR-2026-001/assess",
                 "/cases/BR-2026-001/timeline", "/cases/BR-2026-001/edit", "/cases/BR-2026-001/awareness",
                 "/cases/BR-2026-001/close"):
        answer = client.get(path, follow_redirects=path == "/")  # whoever files no case is led to the people
        assert answer.status_code in {200, 403, 404}, path
        assert "style=" not in answer.text
        assert "<h1" in answer.text


def test_every_answer_carries_a_strict_policy(client_for: Client) -> None:
    answer = client_for("responder").get("/")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
