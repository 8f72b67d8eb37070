"""Authority forms as files: the one we ship, and what is refused by file and key."""

from pathlib import Path

import pytest

from incident_app.adapters.form_files import FormFileError, FormFiles
from incident_app.domain.filings import FieldType, Phase
from incident_app.paths import data_dir
from tests.builders import the_law

GOOD = """
id = "f"
version = "1"
title = "Form"
instrument = "Law"
source = "https://example.org"
[[section]]
id = "one"
title = "One"
[[section.field]]
id = "a"
label = "A"
type = "yesno"
[[section.field]]
id = "b"
label = "B"
type = "choice"
options = [{ id = "x", label = "X" }]
when = [{ field = "a", any_of = ["yes"] }, { field = "late", any_of = ["yes"] }]
"""


def load(folder: Path, text: str) -> None:
    (folder / "f.toml").write_text(text, encoding="utf-8")
    FormFiles(folder).load()


def test_the_form_we_ship_asks_for_all_of_art_33_3() -> None:
    form = FormFiles().load()["edpb-1"]

    fields = list(form.fields())
    assert len(fields) >= 55
    articles = {field.article for field in fields if field.required}
    assert {f"Art. 33(3)({letter})" for letter in "abcd"} <= articles
    assert all(field.number for field in fields)
    assert [section.id for section in form.sections if Phase.WITHDRAW in section.phases] == ["who", "withdrawal"]
    assert {field.type for field in fields} == set(FieldType)


def test_every_kind_of_breach_and_of_data_has_its_option() -> None:
    form = FormFiles().load()["edpb-1"]

    for name, words in (
        ("incident_kind", {path.stem for path in data_dir("runbooks").glob("*.md")}), ("data_kinds", set(the_law().categories)),
    ):
        field = form.field(name)
        assert field is not None
        known = {one.id for one in field.options} | {word for one in field.options for word in one.takes}
        assert words <= known, words - known


def test_a_good_file_is_read(tmp_path: Path) -> None:
    load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (('id = "f"', 'id = ""'), "f.toml, id"), (('type = "yesno"', 'type = "maybe"'), "type"),
        (('label = "A"', 'label = "A"\nodd = 1'), "odd: nobody knows"), (('label = "A"', 'label = "A"\nlines = 0'), "lines"),
        (('label = "A"', 'label = "A"\nrequired = "yes"'), "required"), (('label = "A"', 'label = "A"\nfact = "odd"'), "fact"),
        (('label = "A"', 'label = "A"\nfact = "cause"'), "fact"),
        (('options = [{ id = "x", label = "X" }]', ""), "a choice needs options"), (('id = "b"', 'id = "a"'), "there twice"),
        (('any_of = ["yes"] }, {', 'any_of = ["x"] }, {'), "b, when"), (('field = "a", any', 'field = "z", any'), "b, when"),
        (('title = "One"', 'title = "One"\nphases = ["odd"]'), "phases"), (('title = "One"', 'title = "One"\nphases = 1'), "phases"),
        (("[[section]]", "[[sektion]]"), "section"), (("[[section.field]]", "[[section.feld]]"), "field"),
        (('id = "f"', "id ="), "not TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_by_file_and_key(tmp_path: Path, change: tuple[str, str], key: str) -> None:
    with pytest.raises(FormFileError, match=r"f\.toml") as refused:
        load(tmp_path, GOOD.replace(*change))

    assert key in str(refused.value)


def test_two_forms_of_one_id_and_a_folder_without_forms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormFileError, match="there is no form"):
        FormFiles(tmp_path).load()
    (tmp_path / "a.toml").write_text(GOOD)
    with pytest.raises(FormFileError, match="the id of another form"):
        load(tmp_path, GOOD)
