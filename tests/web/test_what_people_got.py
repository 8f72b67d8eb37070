"""What somebody reads of a notice after the fact: what one person got, and how its words came about."""


from tests.letters_kit import csv_of
from tests.web.walk import AT, Walk


def test_what_one_person_got_is_shown_to_the_letter_on_asking(walk: Walk) -> None:
    # Given three people who were told
    walk.to_approved(csv_of(3))
    walk.launch(3)
    walk.pump()
    story = f"{AT}/delivery/people/1"
    assert "Person 1" not in walk.responder.get(story).text

    # When who works on the case asks for the words
    status, text = walk.post(walk.responder, f"{story}/words", story)

    # Then they are there, said to be exact, and nobody else may ask
    assert status == 200
    assert "Person 1" in text
    assert "to the letter what was sent" in text
    assert "Show the words" not in walk.client_for("auditor").get(story).text


def test_versions_of_a_text_are_shown_with_what_changed(walk: Walk) -> None:
    walk.upload(csv_of(5))
    walk.draft()
    page = f"{AT}/message?language=en"
    body = "What happened\nWe changed this sentence for the test."

    walk.post(walk.responder, page, page, subject="News", body=body)
    text = walk.responder.get(f"{AT}/versions?language=en").text

    assert "<ins>News" in text
    assert "The first version that is kept" in text
    assert walk.responder.get(f"{AT}/versions").status_code == 200
    assert walk.responder.get(f"{AT}/versions?language=tlh").status_code == 404
