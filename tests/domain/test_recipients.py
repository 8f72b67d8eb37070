"""Uploaded rows → people: nobody gets lost, nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import recipients as rules
from incident_app.domain.recipients import Sifted
from incident_app.domain.recipients.cells import (
    clean_country,
    clean_data,
    clean_email,
    clean_language,
    clean_name,
    clean_telegram,
)
from incident_app.domain.recipients.sifting import MOST_PROBLEMS_KEPT
from incident_app.domain.refusals import Refused


def sifted(text: str) -> Sifted:
    """Read a whole text."""
    return rules.sift(rules.table(text))


def refused(text: str) -> Refused:
    """Read a text that must be refused."""
    with pytest.raises(Refused) as error:
        sifted(text)
    return error.value


# ------------------------------------------------------------------------------------------------------------- bytes


@pytest.mark.parametrize("content", [
    "name,email\nJürgen,j@example.org".encode(),
    "name,email\nJürgen,j@example.org".encode("utf-8-sig"),
    b"\xff\xfe" + "name,email\nJürgen,j@example.org".encode("utf-16-le"),
    b"\xfe\xff" + "name,email\nJürgen,j@example.org".encode("utf-16-be"),
])
def test_utf_8_and_marked_utf_16_are_read_without_asking(content: bytes) -> None:
    text, encoding = rules.decode(content)

    assert text == "name,email\nJürgen,j@example.org"
    assert encoding in rules.ENCODINGS


def test_another_encoding_is_asked_for_and_then_used() -> None:
    content = "name,email\nЮлия,j@example.org".encode("windows-1251")

    with pytest.raises(Refused) as error:
        rules.decode(content)
    assert "encoding" in error.value.problems
    assert "Line 2" in error.value.reason
    assert rules.decode(content, "windows-1251")[0].endswith("Юлия,j@example.org")


@pytest.mark.parametrize(("content", "encoding", "words"), [
    (b"  \n", None, "empty"),
    (b"PK\x03\x04rest", None, "spreadsheet"),
    (b"email\na@example.org", "klingon", "klingon"),
    (b"email\na\0b@example.org", None, "NUL"),
    ("email\nx@example.org".encode("utf-16-le"), None, "NUL"),
    (b"a", "utf-16-le", "cannot be read"),
])
def test_what_cannot_be_read_is_refused_in_words(content: bytes, encoding: str | None, words: str) -> None:
    with pytest.raises(Refused, match=words):
        rules.decode(content, encoding)


def test_previews_show_one_telling_line_per_encoding_that_fits() -> None:
    samples = {sample.encoding: sample.line for sample in rules.previews("name\nplain\nJürgen".encode("windows-1252"))}

    assert samples["windows-1252"] == "Jürgen"
    assert samples["windows-1251"] == "Jьrgen"
    assert "utf-8" not in samples
    assert {sample.line for sample in rules.previews(b"plain\nonly\n") if sample.encoding == "utf-8"} == {"plain"}
    assert "utf-8" not in {sample.encoding for sample in rules.previews(b"a\0b\0")}


# ------------------------------------------------------------------------------------------------------------- lines


@pytest.mark.parametrize(("line", "cells"), [
    ("a;b;c", ["a", "b", "c"]),
    ('"a;b";c', ["a;b", "c"]),
    ('"say ""hi""";', ['say "hi"', ""]),
    ('"";""', ["", ""]),
    ('"a"', ["a"]),
])
def test_a_line_is_split_strictly(line: str, cells: list[str]) -> None:
    assert rules.split(line, ";") == cells


@pytest.mark.parametrize("line", ['"a;b', 'a"b;c', '"a"b;c', '"a;b"";c'])
def test_a_stray_quote_is_never_swallowed(line: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        rules.split(line, ";")


def test_a_quoted_field_that_spans_lines_stops_with_its_line_named() -> None:
    error = refused('name,email\n"Ann,a@example.org\nBob",b@example.org\n')

    assert error.reason.startswith("Line 2:")
    assert "Two people might become one" in error.reason


def test_a_line_without_end_stops_with_its_line_named() -> None:
    assert refused("email\n" + "x" * 70_000).reason.startswith("Line 2 is longer")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_commas_semicolons_and_tabs_with_any_line_end_are_read(delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in (("name", "email"), ("Ann", "a@example.org"), ("", ""), ())) + end

    result = sifted(text)

    assert [person.email for person in result.people] == ["a@example.org"]
    assert (result.line_count, result.other_count) == (4, 3)


def test_a_separator_hint_and_blank_lines_before_the_header_are_not_people() -> None:
    result = sifted("\nsep=;\nemail;name\na@example.org;Ann")

    assert (result.line_count, result.other_count, len(result.people)) == (4, 3, 1)


def test_a_lone_separator_hint_names_no_column() -> None:
    assert "no usable column" in refused("sep=;").reason


# ----------------------------------------------------------------------------------------------------------- columns


@pytest.mark.parametrize("header", [
    "E-Mail", "email_address", "MAIL", "correo electrónico", "courriel", "Telegram-ID", "chat_id", "tg",
])
def test_columns_are_known_by_their_usual_names(header: str) -> None:
    columns = rules.map_columns([header, "Segment"])

    columns.check()
    assert columns.ignored == ("Segment",)


def test_two_columns_that_mean_the_same_are_refused() -> None:
    assert "mean the same" in refused("email,E-Mail\na@example.org,b@example.org").reason


def test_a_header_without_contacts_is_refused() -> None:
    assert "no usable column" in refused("name,country\nAnn,DE").reason


def test_a_broken_header_is_refused() -> None:
    assert refused('na"me\nx').reason.startswith("Line 1")


# ------------------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize(("given", "expected"), [
    (" Ann@EXAMPLE.org ", "Ann@example.org"), ("a+b@bücher.example", "a+b@xn--bcher-kva.example"), ("", ""),
])
def test_an_address_is_trimmed_and_its_domain_lowered(given: str, expected: str) -> None:
    assert clean_email(given) == expected


@pytest.mark.parametrize("bad", [
    "ann", "ann@", "@example.org", "a b@example.org", "a@b@example.org", "a@localhost", "a@-x.org", "a@x..org",
    "a@1.2.3.4", ".a@example.org", "a..b@example.org", "ü@example.org", "a@example.org\u202e", "x" * 65 + "@example.org",
    "a@" + "x" * 64 + ".org", "a@" + ".".join(["x" * 60] * 5) + ".org", "Ann <a@example.org>",
])
def test_a_bad_address_is_named(bad: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        clean_email(bad)


@pytest.mark.parametrize(("given", "expected"), [("12345", "12345"), (" 7 ", "7"), ("", "")])
def test_a_telegram_id_is_a_positive_number(given: str, expected: str) -> None:
    assert clean_telegram(given) == expected


@pytest.mark.parametrize("bad", ["-1001234567890", "@ann", "ann", "0", "007", "1.2E+09", "12345.0", "9" * 16, "٣"])
def test_groups_names_and_mangled_numbers_are_no_telegram_ids(bad: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        clean_telegram(bad)


@pytest.mark.parametrize(("given", "expected"), [("DE", "de"), ("pt-BR", "pt"), ("zh_Hans", "zh"), ("", "")])
def test_a_language_is_its_first_part(given: str, expected: str) -> None:
    assert clean_language(given) == expected


def test_odd_languages_countries_names_and_kinds_are_named() -> None:
    assert (clean_country("ru"), clean_country(" ")) == ("RU", "")
    assert clean_name("  Ann\u00a0B ") == "Ann B"
    assert clean_data("health | AI prompts;health") == ("health", "AI prompts")
    for clean, bad in ((clean_language, "german!"), (clean_country, "Germany"), (clean_name, "a\x07b"),
                       (clean_name, "x" * 201), (clean_data, "|".join(map(str, range(31))))):
        with pytest.raises(ValueError, match=r"\w"):
            clean(bad)


def test_formulas_are_made_harmless_in_exports_only() -> None:
    assert rules.neutral("=1+1") == "'=1+1"
    assert rules.neutral("Ann") == "Ann"


def test_masks_show_little() -> None:
    assert rules.masked_email("anna@example.org") == "a…@example.org"
    assert rules.masked_telegram("123456") == "…56"
    assert rules.masked_name("Anna") == "A…"
    assert rules.masked_email("") == rules.masked_telegram("") == rules.masked_name("") == ""


# -------------------------------------------------------------------------------------------------------------- sift


def test_problems_name_line_and_column_and_the_person_is_kept_where_a_way_is_left() -> None:
    result = sifted(
        "name,email,telegram_id,language,country\n"
        "Ann,broken,123,xx-yy-zz!,Germany\n"
        "Bob,,,,\n"
        "=cmd,c@example.org,,en,DE\n"
        "Dan,d@example.org\n"
        "Eve,broken,-5,,\n"
    )

    assert [person.name for person in result.people] == ["Ann", "=cmd"]
    found = {(problem.line, problem.column): problem.refused for problem in result.problems}
    assert found == {
        (2, "email"): False, (2, "language"): False, (2, "country"): False, (3, ""): True, (4, "name"): False,
        (5, ""): True, (6, "email"): True,
    }
    assert (result.refused_count, result.adds_up) == (3, True)


def test_upper_and_lower_case_doubles_are_joined_and_what_was_missing_is_added() -> None:
    result = sifted(
        "name,email,telegram_id,language,data\n"
        ",Ann@Example.org,,de,health\n"
        "Ann,ANN@example.org,77,,location\n"
        "Ann B.,,77,en,\n"
    )

    (person,) = result.people
    assert (person.name, person.email, person.telegram, person.language) == ("Ann", "Ann@example.org", "77", "de")
    assert person.data == ("health", "location")
    assert result.duplicate_count == 2
    assert any("another name" in problem.words for problem in result.problems)


def test_two_telegram_ids_at_one_address_stay_two_people() -> None:
    result = sifted("email,telegram_id\na@example.org,1\nA@example.org,2\na@example.org,\n")

    assert [person.telegram for person in result.people] == ["1", "2"]
    assert result.duplicate_count == 1
    assert any("kept as two people" in problem.words for problem in result.problems)


def test_two_addresses_of_one_telegram_id_stay_one_person() -> None:
    result = sifted("email,telegram_id\na@example.org,1\nb@example.org,1\n")

    assert [person.email for person in result.people] == ["a@example.org"]
    assert any("the first is kept" in problem.words for problem in result.problems)


def test_a_line_that_joins_two_people_makes_them_one() -> None:
    result = sifted("email,telegram_id\na@example.org,\n,1\na@example.org,1\n")

    (person,) = result.people
    assert (person.email, person.telegram) == ("a@example.org", "1")
    assert (result.duplicate_count, result.adds_up) == (2, True)


def test_an_address_learned_late_is_not_taken_from_somebody_else() -> None:
    result = sifted("email,telegram_id\na@example.org,2\n,1\na@example.org,1\n")

    assert [(p.email, p.telegram) for p in result.people] == [("a@example.org", "2"), ("a@example.org", "1")]


def test_nobody_to_reach_is_refused_with_the_first_reasons() -> None:
    error = refused("email\nnonsense\n")

    assert "Line 2, email: is not an email address" in error.reason
    assert "Line 3: has 2 cells" in refused("email\nnonsense\na,b\n").reason


def test_rows_from_json_are_read_alike() -> None:
    result = rules.sift_rows([{"email": "a@example.org"}, {"email": "A@example.org", "name": "Ann"}, {"name": "x"}])

    assert (len(result.people), result.duplicate_count, result.refused_count, result.adds_up) == (1, 1, 1, True)


def test_only_the_first_thousand_problems_are_kept_all_are_counted() -> None:
    result = sifted("email\na@example.org\n" + "bad\n" * (MOST_PROBLEMS_KEPT + 5))

    assert len(result.problems) == MOST_PROBLEMS_KEPT
    assert result.problem_count == MOST_PROBLEMS_KEPT + 5


EMAILS = st.sampled_from(["", "a@example.org", "A@EXAMPLE.ORG", "b@example.org", "c@example.org", "broken", "=x"])
TELEGRAMS = st.sampled_from(["", "1", "2", "3", "-4", "x"])
NAMES = st.sampled_from(["", "Ann", "ann", "Bob", "=1", "a\x07"])
ROWS = st.lists(st.one_of(
    st.tuples(NAMES, EMAILS, TELEGRAMS).map(",".join), st.just(""), st.just(",,"), st.just("too,few"),
), max_size=25)


@given(ROWS)
def test_every_line_ends_somewhere_and_every_contact_stays_reachable(lines: list[str]) -> None:
    rows = [{"name": "Sure", "email": "sure@example.org", "telegram_id": "9"}]
    text = "\n".join(["name,email,telegram_id", *lines, "Sure,sure@example.org,9", ""])

    result = sifted(text)

    assert result.adds_up
    assert result.line_count == len(lines) + 2
    keys = [person.key for person in result.people]
    assert len(set(keys)) == len(keys)
    telegrams = [person.telegram for person in result.people if person.telegram]
    assert len(set(telegrams)) == len(telegrams)
    # Everybody named by a good Telegram id, or by a good address alone, is in the list.
    cells = [line.split(",") for line in lines if line.count(",") == 2]
    named = {row[2] for row in cells if row[2] in {"1", "2", "3"}}
    assert named <= set(telegrams)
    alone = {row[1].lower() for row in cells if "@" in row[1] and row[2] not in {"1", "2", "3"}}
    assert alone <= {person.email.lower() for person in result.people}
    assert rows
