"""A send is stopped by whoever may stop it, also by on-call people who do not see the case."""


from tests.letters_kit import csv_of
from tests.web.walk import AT, TOKEN, Walk


def test_on_call_people_may_stop_a_send_without_seeing_it(walk: Walk) -> None:
    walk.to_approved(csv_of(12))
    walk.launch(12)
    oncall = walk.client_for("oncall_person")
    assert oncall.get(f"{AT}/delivery").status_code == 403
    token = TOKEN.search(oncall.get("/me").text)
    assert token is not None

    answer = oncall.post(f"{AT}/delivery/pause", data={"csrf_token": token[1], "reason": "Complaints come in."})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert "Complaints come in." in walk.responder.get(f"{AT}/delivery").text
