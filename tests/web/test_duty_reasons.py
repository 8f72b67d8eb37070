"""Why a duty is there, in one sentence or two that can be read, whatever the test of its law is worded like."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incident_app.extensions import db
from incident_app.web.clocks import tile
from incident_app.web.duty_cards import reason
from tests.fakes import START
from tests.services.duties import a_duty, a_plain_case

LAW = "California breach law"


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.test_request_context():
        yield db.session()


@pytest.mark.parametrize(("test", "words"), [
    ("somebody without authority got personal information", ". Owed on this test: somebody without authority got personal information."),
    ("a real risk of harm", ". Owed on this test: a real risk of harm."),
    ("every breach, whatever the risk", ": owed for every breach, whatever the risk."),
    ("what the first notice left open", ": owed for what the first notice left open."),
    ("whenever there are grounds", ": owed whenever there are grounds."),
    ("if a high risk is likely", ": owed if a high risk is likely."),
])
def test_the_reason_reads_as_a_sentence(session: Session, test: str, words: str) -> None:
    duty = a_duty(session, a_plain_case(session), why=f"{LAW}: affected people live in US-CA. Owed: {test}.")

    assert reason(duty.why, LAW) == (f"Affected people live in United States (CA){words}", ())


def test_a_tile_cites_the_source_of_the_article(session: Session) -> None:
    duty = a_duty(session, a_plain_case(session), regime="US-CA", provision="(a)", recipient_type="data_subjects")

    assert tile(duty, START).provision == "Civ. Code 1798.82(a)"
