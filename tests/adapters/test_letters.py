"""Words for people: laid out, escaped, never evaluated."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from incident_app.adapters.letters import Block, JinjaLetters, blocks, sided
from incident_app.domain.ports import Letters
from incident_app.paths import data_dir

BODY = """Dear Kim,

on 23 November others could read:
- your name
- your email address

What you can do:
change your password.
"""


@pytest.fixture
def letters() -> JinjaLetters:
    return JinjaLetters(data_dir("templates"))


class Tags(HTMLParser):
    """Collects the tags of a page and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_paragraphs_and_points_are_laid_out(letters: JinjaLetters) -> None:
    port: Letters = letters
    letter = port.email("Your data", BODY, language="en", facts={"organisation": "Acme", "contact": "dpo@acme.example"})

    assert letter.subject == "Your data"
    assert "<h1>Your data</h1>" in letter.html
    assert "<li>your name</li>" in letter.html
    assert "<p>What you can do:<br>change your password.</p>" in letter.html
    assert letter.text.startswith("Dear Kim,\n\non 23 November others could read:\n- your name\n")
    assert letter.text.rstrip().endswith("Acme\ndpo@acme.example")


def test_the_parts_of_a_letter_stand_below_their_headings(letters: JinjaLetters) -> None:
    letter = letters.email("Your data", BODY, language="en", facts={}, headings=("WHAT YOU CAN DO", "Which data"))

    assert "<h2>What you can do:</h2>" in letter.html
    assert "<p>change your password.</p>" in letter.html
    assert letter.html.count("<h2>") == 1


def test_a_body_falls_into_blocks_however_its_lines_end() -> None:
    assert blocks("a\r\nb\r\n\r\n- c\r- d\ne\n\n\n  - f  ") == [
        Block(False, ("a", "b")), Block(True, ("c", "d")), Block(False, ("e",)), Block(True, ("f",))]
    assert blocks("") == []
    assert blocks("-5 degrees") == [Block(False, ("-5 degrees",))]


@pytest.mark.parametrize("text", [
    "{{ 7*7 }}", "{% for x in y %}", "{{ ''.__class__.__mro__ }}", "{{'a'*2e9}}", "${7*7}", "#{7*7}", "{# c #}",
])
def test_what_looks_like_a_program_stays_text(letters: JinjaLetters, text: str) -> None:
    letter = letters.email(text, text, language="en", facts={"organisation": text})
    assert letter.text.count(text) == 2
    assert letter.subject == text
    assert "49" not in letter.html.split("</style>")[1]


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", "<img src=http://127.0.0.1:6379>", '"><form action=//evil.example>',
    "<meta http-equiv=refresh>", "<style>@import url(//evil.example)</style>", "' onerror='x",
])
def test_markup_in_any_field_arrives_as_text(letters: JinjaLetters, text: str) -> None:
    plain = Tags(letters.email("s", "b\n- p", language="en", facts=dict.fromkeys(
        ("organisation", "contact", "reference", "drill"), "x")).html)
    hostile = Tags(letters.email(text, f"{text}\n- {text}", language="en", facts=dict.fromkeys(
        ("organisation", "contact", "reference", "drill"), text)).html)

    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    assert [attributes for _, attributes in hostile.found] == [attributes for _, attributes in plain.found]


def test_nothing_is_fetched_and_nobody_is_followed(letters: JinjaLetters) -> None:
    letter = letters.email("Your data", BODY, language="en", facts={"organisation": "Acme"})
    for tag, attributes in Tags(letter.html).found:
        assert tag not in {"img", "script", "link", "iframe", "a", "form"}
        assert not {"src", "href", "background"} & set(attributes)
    assert "url(" not in letter.html


def test_the_page_says_its_language_and_direction(letters: JinjaLetters) -> None:
    def first(language: str) -> dict[str, str | None]:
        return Tags(letters.email("s", "b", language=language, facts={}).html).found[0][1]

    assert first("ar") == {"lang": "ar", "dir": "rtl"}
    assert first("pt-BR") == {"lang": "pt-BR", "dir": "ltr"}


def test_foreign_words_in_a_text_from_right_to_left_are_closed_off_by_the_page(letters: JinjaLetters) -> None:
    # Given a letter with values that were closed off by hidden characters, and a foot
    facts = {"organisation": "Acme", "contact": "Dana, dpo@acme.example, +49 30 555", "reference": "BR-2026-001"}
    body = "مرحبًا \u2068Ann <b>\u2069،\n\n- اكتب إلى \u2066dpo@acme.example\u2069."

    letter = letters.email("بياناتك في \u2068Acme\u2069", body, language="ar", facts=facts)

    # Then the page does it by attributes, so that nobody copies a hidden character with an address
    page = letter.html.split("<body>")[1]
    assert '<li>اكتب إلى <span class="whole" dir="ltr">dpo@acme.example</span>.</li>' in page
    assert '<span dir="auto">Ann &lt;b&gt;</span>،' in page
    assert '<p><span class="whole" dir="ltr">BR-2026-001</span></p>' in page
    assert not any(sign in page for sign in "\u2066\u2068\u2069")
    # And plain text keeps the characters, in the foot too
    assert letter.text.endswith("\n\u2068Acme\u2069\n\u2068Dana, dpo@acme.example, +49 30 555\u2069\n\u2066BR-2026-001\u2069\n")


def test_what_people_copy_or_read_out_stays_on_one_line_in_every_language() -> None:
    line = "Ring +34 910 000 000 or +49 30/123-456, reference BR-2026-001, code KMTR-4X7P, or come on 24-26 May <b>."

    assert str(sided(line)) == (
        'Ring <span class="whole">+34 910 000 000</span> or <span class="whole">+49 30/123-456</span>, reference '
        '<span class="whole">BR-2026-001</span>, code <span class="whole">KMTR-4X7P</span>, or come on 24-26 May &lt;b&gt;.')
    assert str(sided("\u2068Dana, +49 30 555 1234\u2069")) == '<span dir="auto">Dana, <span class="whole">+49 30 555 1234</span></span>'


def test_a_mark_without_its_end_is_left_as_it_is() -> None:
    assert str(sided("a \u2068b")) == "a \u2068b"


def test_a_drill_says_so_first(letters: JinjaLetters) -> None:
    letter = letters.email("s", "b", language="en", facts={"drill": "This is a drill."})
    assert letter.text.startswith("*** This is a drill. ***\n\nb\n")
    assert '<p class="drill">This is a drill.</p>' in letter.html


def test_without_facts_there_is_no_foot(letters: JinjaLetters) -> None:
    letter = letters.email("s", "b", language="en", facts={})
    assert letter.text == "b\n"
    assert "foot" not in letter.html.split("</style>")[1]


def test_one_persons_letter_is_a_function_of_that_person_alone(letters: JinjaLetters) -> None:
    def letter(name: str) -> tuple[str, str]:
        made = letters.email("s", f"Dear {name}", language="en", facts={})
        return made.text, made.html

    before = letter("Kim")
    letter("Robin")
    assert letter("Kim") == before
    assert "Robin" not in before[1]


def test_the_templates_lie_where_the_adapter_looks() -> None:
    folder: Path = data_dir("templates") / "letters"
    assert {"email.html", "email.txt"} <= {path.name for path in folder.iterdir()}
