"""Uploaded rows → people: nobody gets lost, nothing is guessed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import recipients as rules
from incident_app.domain.recipients import Person, Sieve
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


@dataclass
class Sifted:
    """What came of a text, before duplicates find each other."""

    people: list[Person]
    sieve: Sieve
    line_count: int
    other_count: int

    @property
    def adds_up(self) -> bool:
        """Whether every line went somewhere."""
        return self.line_count == self.other_count + self.sieve.refused_count + len(self.people)


def sifted(text: str, mapped: dict[int, str] | None = None) -> Sifted:
    """Read a whole text, in pieces that cut lines anywhere."""
    table, sieve = rules.table((text[at : at + 7] for at in range(0, len(text), 7)), mapped), Sieve()
    table.columns.check()
    people = list(sieve.people(table))
    return Sifted(people, sieve, table.line_count, table.other_count)


def refused(text: str) -> Refused:
    """Read a text that must be refused."""
    with pytest.raises(Refused) as error:
        sifted(text)
    return error.value


# ------------------------------------------------------------------------------------------------------------- bytes


@pytest.mark.parametrize(("content", "encoding"), [
    ("name,email\nJürgen,j@example.org".encode(), "utf-8"),
    ("name,email\nJürgen,j@example.org".encode("utf-8-sig"), "utf-8"),
    (b"\xff\xfe" + "name,email\nJürgen,j@example.org".encode("utf-16-le"), "utf-16-le"),
    (b"\xfe\xff" + "name,email\nJürgen,j@example.org".encode("utf-16-be"), "utf-16-be"),
])
def test_utf_8_and_marked_utf_16_are_read_without_asking(content: bytes, encoding: str) -> None:
    listener = rules.Listener()
    for at in range(0, len(content), 5):
        listener.hear(content[at : at + 5])

    assert (rules.marked(content) or listener.encoding) == encoding
    pieces = [content[:20], content[20:]]
    assert "".join(rules.text_of(pieces, encoding)) == "name,email\nJürgen,j@example.org"


@pytest.mark.parametrize("pieces", [[b"a\xfc", b"b"], [b"a", b"\xc3"], ["ab".encode("utf-16-le")]])
def test_what_is_not_utf_8_must_be_asked_for(pieces: list[bytes]) -> None:
    listener = rules.Listener()
    for piece in pieces:
        listener.hear(piece)

    assert listener.encoding == ""
    assert listener.telling in {1, 2}


@pytest.mark.parametrize(("pieces", "encoding", "words"), [
    ([b"email\na@example.org"], "klingon", "klingon"),
    ([b"email\n", b"a\n\xff"], "utf-8", "Line 3 cannot be read as UTF-8"),
    ([b"email\n", b"a\0b@example.org"], "utf-8", "Line 2 holds a NUL"),
    ([b"a"], "utf-16-le", "cannot be read"),
])
def test_what_cannot_be_read_is_refused_in_words(pieces: list[bytes], encoding: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as error:
        list(rules.text_of(pieces, encoding))
    assert "encoding" in error.value.problems


def test_previews_show_only_telling_words_in_each_encoding_that_fits() -> None:
    content = "name,email\nplain,x@example.org\nJürgen Groß,j@example.org".encode("windows-1252")
    samples = {sample.encoding: sample.line for sample in rules.previews(content)}

    assert samples["windows-1252"] == "Jürgen · Groß"
    assert samples["windows-1251"] == "Jьrgen · GroЯ"
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

    assert error.reason.startswith("Line 2: a quote is opened and not closed on the same line. Line 3: a quote stands inside")
    assert "Two people might become one" in error.reason
    assert error.problems == {"file": "Correct the quotes in lines 2 and 3 and upload again."}


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


def test_nothing_at_all_is_refused() -> None:
    assert "empty" in refused("\n\r\n").reason


def test_a_line_end_may_fall_between_two_pieces() -> None:
    assert list(rules.lines_of(["a\r", "\nb\r", "c\n", "", "d\r"])) == ["a", "b", "c", "d"]


def test_a_line_without_end_in_one_piece_is_named_too() -> None:
    with pytest.raises(Refused, match="Line 2 is longer"):
        list(rules.lines_of(["a\n" + "x" * 70_000 + "\nb\n"]))


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


def test_who_chose_no_column_by_which_anybody_is_reached_is_told_to_choose_one() -> None:
    with pytest.raises(Refused, match="No column is chosen") as found:
        rules.chosen_columns(["one", "two"], {0: "name"}).check()

    assert found.value.problems == {
        "columns": "Choose at least one column that holds an email address, a Telegram id or a postal address."}


def test_a_broken_header_is_refused() -> None:
    assert refused('na"me\nx').reason.startswith("Line 1")


def test_a_person_may_say_what_stands_in_a_column() -> None:
    text = "Kontakt,Land,x\na@example.org,DE,7\n"

    (person,) = sifted(text, {0: "email", 2: "telegram_id"}).people

    assert (person.email, person.telegram, person.country) == ("a@example.org", "7", "")
    for wrong in ({0: "shoe size"}, {9: "email"}, {0: "email", 2: "email"}, {1: "country"}):
        with pytest.raises(Refused):
            sifted(text, wrong)


def test_a_header_of_hundreds_of_columns_is_refused() -> None:
    assert "more than 200 columns" in refused("email" + "," * 200).reason


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
    assert [rules.masked_cell(cell) for cell in ("anna@example.org", "700123", "-100123", "de", "Anna")] == [
        "a…@example.org", "…23", "-…23", "de", "A…"]
    assert [rules.masked_cell(cell) for cell in ("Bo", "Ana", "李小龍", "김", "DE", "x", "", "US-CA")] == [
        "B…", "A…", "李…", "김…", "DE", "x", "", "U…"]
    assert rules.masked_cell(f"a@{'x' * 300}.example") == f"a…@{'x' * 45}…"
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
    found = {(problem.line, problem.column): problem.refused for problem in result.sieve.problems}
    assert found == {
        (2, "email"): False, (2, "language"): False, (2, "country"): False, (3, ""): True, (4, "name"): False,
        (5, ""): True, (6, "email"): True,
    }
    assert (result.sieve.refused_count, result.adds_up) == (3, True)


def test_rows_of_one_person_are_joined_keeping_what_is_known_first() -> None:
    sieve = Sieve()
    rows = [Person(2, "", "Ann@example.org", "", "de", "", ("health",)),
            Person(3, "Ann", "ANN@example.org", "77", "", "", ("location",)),
            Person(4, "Ann B.", "other@example.org", "77", "en")]

    person = sieve.joined(rows)

    assert (person.line, person.name, person.email, person.telegram) == (2, "Ann", "Ann@example.org", "77")
    assert (person.language, person.data) == ("de", ("health", "location"))
    assert [problem.line for problem in sieve.problems] == [4, 4]
    assert person.contact.telegram == "77"
    assert person.key == "77|ann@example.org"


def test_nobody_to_reach_is_refused_with_the_first_reasons() -> None:
    for text, words in (("email\nnonsense\n", "Line 2, email: is not an email"),
                        ("email\na,b\n", "Line 2: has 2 cells")):
        with pytest.raises(Refused, match=words):
            sifted(text).sieve.check(0)
    sifted("email\na@example.org\n").sieve.check(1)


def test_only_the_first_thousand_problems_are_kept_all_are_counted() -> None:
    sieve = sifted("email\na@example.org\n" + "bad\n" * (MOST_PROBLEMS_KEPT + 5)).sieve

    assert len(sieve.problems) == MOST_PROBLEMS_KEPT
    assert sieve.problem_count == MOST_PROBLEMS_KEPT + 5


# --------------------------------------------------------------------------------------------- spreadsheets, JSON lines


def test_rows_of_a_sheet_are_read_as_it_numbers_them() -> None:
    rows = [(1, ["", ""]), (3, ["Email", "x"]), (4, [" ", ""]), (6, ["a@example.org", "1"]), (7, ["bad", "1"])]
    table, sieve = rules.sheet(rows), Sieve()

    people = list(sieve.people(table))

    assert [(person.line, person.email) for person in people] == [(6, "a@example.org")]
    assert (table.line_count, table.other_count, sieve.refused_count) == (7, 5, 1)
    with pytest.raises(Refused, match="empty"):
        rules.sheet([(1, ["", " "])])


def test_json_lines_are_people() -> None:
    table, sieve = rules.records(['{"email": "a@example.org", "telegram_id": 7}\n\n', '{"name": null}']), Sieve()

    people = list(sieve.people(table))

    assert [(person.line, person.telegram) for person in people] == [(1, "7")]
    assert (table.line_count, table.other_count, sieve.refused_count) == (3, 1, 1)


@pytest.mark.parametrize("line", ["{", "[]", '{"shoe": "9"}', '{"name": true}', '{"name": ["x"]}'])
def test_what_is_not_one_person_in_json_is_named(line: str) -> None:
    with pytest.raises(Refused, match="Line 4"):
        rules.record(4, line)


# ------------------------------------------------------------------------------------------------------------- erasing


def test_contacts_are_erased_90_days_after_the_end_and_after_a_year_at_the_latest() -> None:
    day = timedelta(days=1)
    came = datetime(2026, 1, 1, tzinfo=UTC)

    assert rules.erase_at(None, came, []) == came + 365 * day
    assert rules.erase_at(None, came, [None]) is None
    assert rules.erase_at(came + 5 * day, came, [came + 9 * day]) == came + 99 * day
    assert rules.erase_at(came + 20 * day, came, [came + 9 * day]) == came + 110 * day
    assert rules.erase_at(came + 360 * day, came, []) == came + 365 * day


LINES = st.lists(st.one_of(
    st.tuples(st.sampled_from(["", "Ann", "=1", "a\x07"]), st.sampled_from(["", "a@example.org", "broken", "=x"]),
              st.sampled_from(["", "1", "-4", "x"])).map(",".join), st.just(""), st.just(",,"), st.just("too,few"),
), max_size=25)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_line_ends_somewhere(lines: list[str], end: str) -> None:
    result = sifted(end.join(["name,email,telegram_id", *lines, "Sure,sure@example.org,9", ""]))

    assert result.adds_up
    assert result.line_count == len(lines) + 2
