"""``incident-app law``: JSON lines in, JSON lines out, a bad line named and the exit status 1."""

import json
from dataclasses import asdict

import pytest
from click.testing import CliRunner

from incident_app.cli_law import law
from incident_app.domain.risk import QUESTIONS, RESTORED
from tests.domain.vectors import facts_of, people_of, rows


def ask(command: str, *lines: object) -> tuple[int, list[dict[str, object]]]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
    result = CliRunner().invoke(law, [command], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def duties(answer: dict[str, object]) -> dict[tuple[str, str], dict[str, object]]:
    listed = answer["obligations"]
    assert isinstance(listed, list)
    return {(duty["stage"], duty["recipient_type"]): duty for duty in listed}


BERLIN = {"id": "V01", "regime": "EU-GDPR", "country": "DE", "subdivision": "BE", "zone": "Europe/Berlin",
          "aware_at": "2026-06-09T10:20:00+02:00"}


def test_the_european_duties_of_a_line_have_the_fields_of_the_contract() -> None:
    code, (answer,) = ask("deadlines", BERLIN)

    assert (code, answer["id"]) == (0, "V01")
    found = duties(answer)
    assert set(found) == {("initial", "authority"), ("follow-up", "authority"), ("notice", "data_subjects"),
                          ("notice", "controller"), ("record", "register")}
    assert found["initial", "authority"] == {
        "regime": "EU-GDPR", "provision": "Art 33(1)", "stage": "initial", "recipient_type": "authority",
        "recipient": "BlnBDI", "anchor": "aware", "due_at": "2026-06-12T08:20:00Z",
        "legal_latest_at": "2026-06-12T09:00:00Z", "mode": "elapsed"}
    assert found["notice", "data_subjects"]["due_at"] is None
    assert found["notice", "data_subjects"]["mode"] == "undue_delay"


def test_a_role_leaves_the_duties_of_the_other_one_out() -> None:
    _, (controller, processor) = ask("deadlines", BERLIN | {"role": "controller"}, BERLIN | {"role": "processor"})

    assert ("notice", "controller") not in duties(controller)
    assert set(duties(processor)) == {("notice", "controller")}


def test_the_united_kingdom_has_no_later_legal_moment() -> None:
    _, (answer,) = ask("deadlines", {"id": 42, "regime": "UK-GDPR", "country": "GB", "subdivision": "ENG",
                                     "zone": "Europe/London", "aware_at": "2026-08-28T18:00:00+01:00"})

    duty = duties(answer)["initial", "authority"]
    assert (duty["due_at"], duty["legal_latest_at"]) == ("2026-08-31T17:00:00Z", None)


def test_both_russian_terms_run_from_detection() -> None:
    line = {"id": 1, "regime": "RU-152FZ", "country": "RU", "zone": "Europe/Moscow",
            "aware_at": "2026-11-20T12:00:00+03:00", "anchors": {"detected": "2026-11-20T09:00:00+03:00", "aware": None}}
    _, (answer, without) = ask("deadlines", line, line | {"aware_at": None})

    found = duties(answer)
    assert found["initial", "authority"]["due_at"] == "2026-11-21T06:00:00Z"
    assert found["final", "authority"]["due_at"] == "2026-11-23T06:00:00Z"
    assert ("notice", "data_subjects") not in found
    assert duties(without) == found


def test_brazil_counts_business_days_for_the_authority_and_for_people() -> None:
    _, (answer,) = ask("deadlines", {
        "id": 1, "regime": "BR-LGPD", "country": "BR", "zone": "America/Sao_Paulo",
        "aware_at": "2026-11-18T08:00:00-03:00", "anchors": {"initial_sent": "2026-11-23T08:00:00-03:00"}})

    found = duties(answer)  # Friday 20 November is a holiday
    assert found["initial", "authority"]["due_at"] == "2026-11-25T03:00:00Z"
    assert found["notice", "data_subjects"]["due_at"] == "2026-11-25T03:00:00Z"
    assert found["supplement", "authority"]["due_at"] == "2026-12-22T03:00:00Z"


def test_without_an_establishment_each_authority_is_named() -> None:
    line = BERLIN | {"country": "US", "subdivision": None, "people_countries": ["ES", "FR"], "eu_establishment": False}
    _, (answer,) = ask("deadlines", line)

    listed = answer["obligations"]
    assert isinstance(listed, list)
    assert [duty["recipient"] for duty in listed if duty["stage"] == "initial"] == ["AEPD", "CNIL"]


def test_a_proposal_gives_no_duty_and_neither_does_a_law_not_in_force_yet() -> None:
    _, answers = ask("deadlines", BERLIN | {"regime": "EU-GDPR-OMNIBUS"}, BERLIN | {"aware_at": "2017-01-01T00:00Z"})

    assert [answer["obligations"] for answer in answers] == [[], []]


@pytest.mark.parametrize(("change", "said"), [
    ({"regime": "XX"}, "There is no regime “XX” here"),
    ({"regime": None}, "regime"),
    ({"regime": 7}, "regime"),
    ({"country": "Germany"}, "country"),
    ({"country": None}, "country"),
    ({"country": "XX"}, "There is no country “XX”"),
    ({"people_countries": ["DE", "ZZ"]}, "There is no country “ZZ”"),
    ({"zone": "Mars/Base"}, "zone"),
    ({"zone": ""}, "zone"),
    ({"aware_at": "2026-06-09T10:20:00"}, "with its offset"),
    ({"aware_at": "soon"}, "aware_at"),
    ({"aware_at": 7}, "aware_at"),
    ({"aware_at": None}, "at least one moment"),
    ({"aware_at": "0001-01-01T00:00:00+14:00"}, "aware_at"),
    ({"aware_at": "9999-12-31T12:00:00Z"}, "beyond what a calendar holds"),
    ({"anchors": []}, "anchors"),
    ({"anchors": {"felt": "2026-06-09T10:20:00Z"}}, "Not known: felt"),
    ({"anchors": {"detected": "x"}}, "anchors.detected"),
    ({"role": "king"}, "role"),
    ({"role": []}, "role"),
    ({"subdivision": 7}, "subdivision"),
    ({"people_countries": "ES"}, "people_countries"),
    ({"people_countries": ["Spain"]}, "people_countries"),
    ({"eu_establishment": "no"}, "eu_establishment"),
    ({"colour": "red"}, "colour: There is no such field."),
    ({"id": [1]}, "id"),
    ({"regime": "BR-LGPD", "country": "BR", "subdivision": "XX"}, "subdivision"),
])
def test_a_bad_line_answers_with_an_error_and_the_others_are_answered_all_the_same(
    change: dict[str, object], said: str,
) -> None:
    code, (bad, good) = ask("deadlines", BERLIN | change, BERLIN)

    assert code == 1
    assert set(bad) == {"id", "error"}
    assert bad["id"] == (None if "id" in change else "V01")
    assert said in str(bad["error"])
    assert duties(good)


@pytest.mark.parametrize("line", ["x", "[1]", "7", "{", '{"id": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_named(line: str) -> None:
    code, (answer,) = ask("severity", line)

    assert code == 1
    assert answer["id"] is None
    assert "line" in str(answer["error"]).lower()


def test_a_line_that_is_not_utf_8_is_named_and_empty_lines_are_passed_over() -> None:
    result = CliRunner().invoke(law, ["severity"], input=b"\n\xff\xfe\n\n")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "The line is not JSON in UTF-8."


SCORED = {"id": "F10", "classes": [{"class": "sensitive", "adjust": -1, "reason": "Trivial."}, {"class": "simple"}],
          "ei": "1", "confidentiality": "0.5", "integrity": "0", "availability": "0", "malicious": True}


def test_severity_is_answered_in_decimal_strings_with_reasons() -> None:
    code, (answer,) = ask("severity", SCORED)

    reasons = answer.pop("reasons")
    assert (code, answer) == (0, {"id": "F10", "dpc": "3", "ei": "1", "cb": "1", "se": "4", "level": "very_high"})
    assert isinstance(reasons, list)
    assert reasons[-1] == "SE = 3 × 1 + 1 = 4: very high."


def test_numbers_may_be_numbers_and_flags_stand_beside_the_score() -> None:
    _, (answer,) = ask("severity", SCORED | {"ei": 0.25, "people": {"certainty": "exact", "low": 500, "high": None},
                                             "unintelligible": False})

    reasons = answer["reasons"]
    assert isinstance(reasons, list)
    assert answer["se"] == "1.75"
    assert reasons[-2:] == ["Beside the score: more than 100 people.", "Beside the score: data readable."]


@pytest.mark.parametrize(("change", "said"), [
    ({"classes": []}, "classes"), ({"classes": "simple"}, "classes"), ({"classes": ["simple"]}, "classes"),
    ({"classes": [{"class": "odd"}]}, "class"), ({"classes": [{"adjust": 1}]}, "class"),
    ({"classes": [{"class": "simple", "adjust": 4}]}, "classes.0.adjust"),
    ({"classes": [{"class": "simple", "adjust": "1"}]}, "adjust"),
    ({"classes": [{"class": "simple", "adjust": True}]}, "adjust"),
    ({"classes": [{"class": "simple", "step": 1}]}, "step"),
    ({"ei": "0.3"}, "ei"), ({"ei": "NaN"}, "ei"), ({"ei": "lots"}, "ei"), ({"ei": True}, "ei"), ({"ei": None}, "ei"),
    ({"confidentiality": "1"}, "confidentiality"), ({"malicious": None}, "malicious"), ({"malicious": 1}, "malicious"),
    ({"people": 7}, "people"), ({"people": {"certainty": "odd"}}, "certainty"), ({"score": 1}, "score"),
])
def test_severity_names_the_field_that_is_wrong(change: dict[str, object], said: str) -> None:
    code, (answer,) = ask("severity", SCORED | change)

    assert code == 1
    assert said in str(answer["error"])


FACTS = {"id": 15, "title": "Course list to the wrong people", "confidentiality": True, "integrity": False,
         "availability": False, "malicious": False, "recipients_known": True, "data_categories": ["contact"],
         "people_data": "yes", "people": {"certainty": "exact", "low": 15, "high": None}}


def test_an_outcome_is_proposed_from_the_facts() -> None:
    code, (answer,) = ask("assess", FACTS)

    reasons = answer.pop("reasons")
    assert (code, answer) == (0, {"id": 15, "record": True, "notify_authority": False, "tell_people": False})
    assert isinstance(reasons, list)
    assert reasons[-1] == "Not scored yet; at its worst reading: SE = 1 × 1 + 0.25 = 1.25: low."


def test_given_answers_go_before_presumed_ones() -> None:
    _, (answer,) = ask("assess", FACTS | {"severity": {key: SCORED[key] for key in SCORED if key != "id"}})

    reasons = answer["reasons"]
    assert isinstance(reasons, list)
    assert (answer["notify_authority"], answer["tell_people"]) == (True, True)
    assert reasons[-1] == "Scored: SE = 3 × 1 + 1 = 4: very high."


def test_nothing_known_means_tell_everybody() -> None:
    _, (answer,) = ask("assess", {"id": 1})

    assert (answer["record"], answer["notify_authority"], answer["tell_people"]) == (True, True, True)


@pytest.mark.parametrize(("change", "said"), [
    ({"data_categories": "contact"}, "data_categories"), ({"data_categories": ["odd", 7]}, "odd, 7"),
    ({"people_data": "maybe"}, "people_data"), ({"people_data": []}, "people_data"),
    ({"confidentiality": "yes"}, "confidentiality"), ({"severity": 4}, "severity"), ({"severity": {"x": 1}}, "x"),
    ({"unintelligable": True}, "unintelligable: There is no such field."),
    ({"restored_in_hours": "4"}, "restored_in_hours"), ({"restored_in_hours": True}, "restored_in_hours"),
    ({"restored_in_hours": -1}, "restored_in_hours"), ({"effect_on_people": "bad"}, "none, minor, serious"),
])
def test_assess_names_the_field_that_is_wrong(change: dict[str, object], said: str) -> None:
    code, (answer,) = ask("assess", FACTS | change)

    assert code == 1
    assert said in str(answer["error"])


def test_the_cases_of_the_guidelines_come_out_as_ruled_with_the_law_as_it_is() -> None:
    cases = rows("edpb_cases.csv")
    lines = [asdict(facts_of(row)) | {
        "id": row["id"], "data_categories": row["data_categories"].split(), "people": people_of(row["people"]).to_json(),
    } for row in cases]

    code, answers = ask("assess", *lines)

    assert code == 0
    assert [(one["id"], one["notify_authority"], one["tell_people"]) for one in answers] == [
        (row["id"], row["authority"] == "y", row["tell_people"] == "y") for row in cases]


def test_the_help_of_assess_names_every_fact_that_decides() -> None:
    said = CliRunner().invoke(law, ["assess", "--help"]).stdout

    assert all(f"{one.name} (" in said for one in (*QUESTIONS, RESTORED))


def test_credentials_take_the_class_of_what_they_open() -> None:
    _, (answer,) = ask("severity", SCORED | {"classes": [{"class": "financial", "adjust": 1, "credentials": True}]})

    assert answer["dpc"] == "4"
    assert "Credentials take the class of what they open" in str(answer["reasons"])
