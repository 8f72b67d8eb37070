"""The pages on which a message is written, read and approved show each language in its own direction."""

import re

from flask import Flask
from sqlalchemy import update

from incident_app.extensions import db
from incident_app.models.organisation import Organisation
from incident_app.web.public import isolates
from tests.web.walk import AT, REF, Walk

LIST = "name,email,language\nAnn Lee,ann@example.org,ar\nليلى حداد,layla@example.org,de\n".encode()


def test_an_arabic_message_is_written_read_and_approved_from_right_to_left(walk: Walk) -> None:
    # Given a notice in Arabic and German
    walk.upload(LIST)
    walk.draft()

    # When its texts are looked at
    arabic, german = (walk.responder.get(f"{AT}/message?language={code}").text for code in ("ar", "de"))
    shown = walk.responder.get(f"{AT}/check?person=1").text
    read = walk.responder.get(f"{AT}/approval").text

    # Then the fields and the preview run as the language does, and the words of the page around them do not
    for name in ("subject", "body"):
        field = re.search(rf'<(?:input|textarea)[^>]*id="{name}"[^>]*>', arabic)
        assert field is not None
        assert 'dir="rtl"' in field[0]
        assert 'lang="ar"' in field[0]
    assert '<html lang="en">' in arabic
    assert '<h3 lang="ar" dir="rtl">ماذا حدث</h3>' in shown
    assert 'dir="rtl"' not in german
    assert 'lang="de" dir="ltr"' in german
    assert '<p class="as-written" lang="ar" dir="rtl">' in read
    assert '<p class="as-written" lang="de" dir="ltr">' in read
    assert f"{REF}" in shown


def test_numbers_and_addresses_on_public_pages_stand_whole_from_left_to_right(app: Flask) -> None:
    # Given an organisation whose number and address are given in an Arabic page
    with app.app_context():
        db.session.execute(update(Organisation).values(dpo_name="Dana Vidal", dpo_email="dpo@example.org", dpo_phone="+49 (30) 555-12-34"))
        db.session.commit()

    # When somebody asks about a code that no message has
    page = " ".join(app.test_client().get("/check?lang=ar&code=KMTR4X7P").text.split())

    # Then code, number and address are each one piece that nothing reorders or breaks
    for value in ("KMTR4X7P", "+49 (30) 555-12-34", "dpo@example.org"):
        assert f'<bdi class="whole" dir="ltr">{value}</bdi>' in page
    assert "<bdi>Dana Vidal</bdi>، <bdi" in page
    assert isolates("\u2066+49 30\u2069 <b> \u2068Ann & Co\u2069") == (
        '<bdi class="whole" dir="ltr">+49 30</bdi> &lt;b&gt; <bdi>Ann &amp; Co</bdi>')
