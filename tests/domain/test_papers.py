"""The filing as a machine reads it: read back it is the same, it follows its schema, and hides what is not told."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import incident_app
from incident_app.adapters.form_files import FormFiles
from incident_app.domain.filings import (
    About,
    Answer,
    Answers,
    Field,
    FieldType,
    Phase,
    Source,
    digest,
    document,
    filed_answers,
    read_document,
    to_follow,
)
from incident_app.domain.refusals import Refused

FORM = FormFiles().load()["edpb-1"]
SCHEMA = json.loads((Path(incident_app.__file__).parent / "static" / "schemas" / "filing-1.json").read_text())
CHECK = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
AT = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)
ABOUT = About(
    id="00000000-0000-4000-8000-000000000001", case="BR-2026-001", drill=False, organisation="Bot GmbH", number=1, version=3,
    state="draft", recipient={"name": "BfDI", "regime": "EU-GDPR", "provision": "Art 33(1)", "due_at": None},
    zone="Europe/Berlin", generated_at=AT, record=(7, "ab" * 32),
)
COUNT = st.one_of(st.just({"certainty": "unknown", "low": None, "high": None}),
                  st.integers(0, 10**9).map(lambda low: {"certainty": "exact", "low": low, "high": None}))
WORDS = st.text(st.characters(codec="utf-8"), min_size=1)


def value_of(field: Field) -> st.SearchStrategy[Any]:
    options = st.sampled_from([one.id for one in field.options]) if field.options else WORDS
    return {
        FieldType.TEXT: WORDS, FieldType.YESNO: st.booleans(), FieldType.COUNT: COUNT, FieldType.CHOICE: options,
        FieldType.LIST: st.lists(options, min_size=1, max_size=3),
        FieldType.MOMENT: st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(
            lambda at: at.isoformat()),
    }[field.type]


def answer_to(field: Field) -> st.SearchStrategy[Answer]:
    given_ = st.builds(Answer, value_of(field), st.sampled_from(Source))
    return st.one_of(given_, st.just(Answer(None, Source.CASE, not_yet_known=True)), st.just(Answer()))


ONE = st.sampled_from([*FORM.fields()]).flatmap(lambda field: st.tuples(st.just(field.id), answer_to(field)))
ANSWERS = st.lists(ONE, max_size=12).map(dict)


def written(phase: Phase, answers: Answers, before: Answers | None = None, *, late: bool = False) -> dict[str, Any]:
    """Write it, and take it through JSON as a file does."""
    plain = document(FORM, phase, answers, before, ABOUT, late=late)
    back: dict[str, Any] = json.loads(json.dumps({"$schema": "https://breach.example.org/static/schemas/filing-1.json", **plain}))
    return back


@given(st.sampled_from(Phase), ANSWERS, st.none() | ANSWERS, st.booleans())
def test_read_back_it_gives_the_same_answers_and_digest_and_follows_the_schema(
    phase: Phase, answers: Answers, before: Answers | None, late: bool
) -> None:
    plain = written(phase, answers, before, late=late)

    CHECK.validate(plain)
    found = read_document(plain)
    assert found.answers == filed_answers(FORM, phase, answers)
    assert found.digest == digest(FORM, phase, answers) == plain["digest"]
    assert (plain["completeness"] == "complete") == (plain["missing"] == [])


def test_the_schema_is_one_and_refuses_what_does_not_follow_it() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    plain = written(Phase.INITIAL, {"people_count": Answer({"certainty": "exact", "low": 3, "high": None})})
    field = next(one for section in plain["sections"] for one in section["fields"] if one["id"] == "people_count")

    for wrong in ({"value": 3}, {"status": "unheard of"}, {"value": {"certainty": "exact"}}, {"colour": "red"}):
        before = dict(field)
        field |= wrong
        assert not CHECK.is_valid(plain)
        field.clear()
        field |= before
    assert CHECK.is_valid(plain)


def test_what_other_answers_hide_was_typed_but_is_not_told() -> None:
    hidden = {"told": Answer("no_high_risk"), "told_means": Answer("individual"), "late_reasons": Answer("The portal was down.")}

    plain = written(Phase.INITIAL, hidden)

    text = json.dumps(plain["sections"])
    assert "individual" not in text
    assert "The portal was down." in text, "reasons that were given are told, late or not"
    assert digest(FORM, "initial", hidden) == digest(FORM, "initial", hidden | {"told_means": Answer("public")})


def test_it_says_what_is_missing_when_it_comes_and_what_the_filing_before_said() -> None:
    before = {"cause": Answer("An export."), "open_points": Answer("The number, by Friday.")}
    after = before | {"cause": Answer("A debug export."), "people_count": Answer(None, not_yet_known=True)}

    plain = written(Phase.FOLLOW_UP, after, before)

    missing = {one["field"]: one for one in plain["missing"]}
    assert missing["people_count"]["status"] == "not_yet_known"
    assert missing["consequences"] == {"field": "consequences", "label": "Likely consequences for the people",
                                       "article": "Art. 33(3)(c)", "status": "not_answered"}
    assert plain["to_follow"] == to_follow(FORM, after, "UTC") == "The number, by Friday."
    was = {one["id"]: one["was"] for section in plain["sections"] for one in section["fields"] if "was" in one}
    assert was == {"cause": "An export.", "people_count": "not answered"}
    assert plain["generated"] == {"utc": "2026-11-24T08:40:00+00:00", "local": "2026-11-24T09:40:00+01:00",
                                  "zone": "Europe/Berlin"}
    assert to_follow(FORM, {}, "UTC") == ""


def test_what_we_did_not_write_or_was_changed_since_is_refused_in_words() -> None:
    plain = written(Phase.INITIAL, {"cause": Answer("An export.")})
    changed = json.loads(json.dumps(plain).replace("An export.", "Bad luck."))

    for wrong, words in (
        (changed, "was changed after"), ([], "no filing we wrote"), ({"format": "other/2"}, "no filing we wrote"),
        ({"format": plain["format"], "sections": 3}, "no filing we wrote"), (plain | {"form": {}}, "no filing we wrote"),
    ):
        with pytest.raises(Refused, match=words):
            read_document(wrong)
