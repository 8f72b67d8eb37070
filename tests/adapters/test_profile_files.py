"""Profiles of authorities as files: what is refused, by file and key."""

import shutil
from pathlib import Path

import pytest

from incident_app.adapters.form_files import FormFileError
from incident_app.adapters.profile_files import LAW_FOLDER, ProfileFiles
from incident_app.adapters.toml_tables import LawFileError

GOOD = """
id = "x-1"
version = "1"
authority = "X"
instrument = "Law"
recipients = ["X"]
language = "de"
portal = "https://example.org"
how = "On line."
sure = "opened"
source = "https://example.org"
seen = ["cause"]
article = "Art. 1"
[[trap]]
at = "severity"
any_of = ["mild"]
words = "Not sent."
[[options]]
field = "severity"
use = [{ id = "mild", label = "Mild", means = ["minor"] }]
[[section]]
id = "one"
title = "One"
fields = ["cause", "severity"]
[[section]]
id = "two"
title = "Two"
phases = ["final"]
article = "Art. 2"
fields = ["systems"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A law with the template and one profile."""
    for name in ("forms", "profiles", "wording"):
        (tmp_path / name).mkdir()
    shutil.copy(LAW_FOLDER / "forms" / "edpb-1.toml", tmp_path / "forms")
    shutil.copy(LAW_FOLDER / "profiles" / "questions.toml", tmp_path / "profiles")
    (tmp_path / "profiles" / "x.toml").write_text(GOOD)
    return tmp_path


def test_a_profile_puts_the_questions_into_its_own_order_and_words(folder: Path) -> None:
    forms = ProfileFiles(folder).load()

    form = forms["x-1"]
    cause, severity, systems = form.fields()
    assert form.profile is not None
    assert form.profile.recipients == ("X",)
    assert (cause.article, cause.to_check, severity.to_check) == ("Art. 1", False, True)
    assert [one.label for one in severity.options] == ["Mild"]
    assert systems.article == "Art. 2"
    assert forms["edpb-1"].profile is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (('fields = ["cause", "severity"]', 'fields = ["cause", "nobody"]'), "there is no question “nobody”"),
        (('field = "severity"', 'field = "nobody"'), "there is no question “nobody”"),
        (('seen = ["cause"]', 'seen = ["told"]'), "seen: it does not ask told"),
        (('any_of = ["mild"]', 'any_of = ["minor"]'), "there is no such place or answer (severity: minor)"),
        (('at = "severity"', 'at = "nowhere"'), "there is no such place or answer (nowhere"),
        (('fields = ["cause", "severity"]', 'fields = ["cause", "severity", "told_at"]'), "told_at, when"),
        (('sure = "opened"', 'sure = "hardly"'), "sure"), (('version = "1"', 'version = "1"\nodd = 1'), "odd: nobody knows"),
        (('words = "Not sent."', 'words = "Not sent."\nodd = 1'), "odd: nobody knows"),
        (('id = "x-1"', "id ="), "not TOML"),
        (('[[section]]\nid = "one"', '[phases]\ninitial = 1\n[[section]]\nid = "one"'), "phases"),
        (("[[trap]]", "[trap]"), "trap"), (('phases = ["final"]', 'phases = ["odd"]'), "phases: “odd”"),
        (('[[section]]\nid = "one"', '[phases]\nodd = "x"\n[[section]]\nid = "one"'), "phases: “odd”"),
    ],
)
def test_what_makes_no_sense_is_refused_by_file_and_key(folder: Path, change: tuple[str, str], key: str) -> None:
    (folder / "profiles" / "x.toml").write_text(GOOD.replace(*change))

    with pytest.raises(LawFileError, match=r"x\.toml") as refused:
        ProfileFiles(folder).load()

    assert key in str(refused.value)


def test_a_question_asked_twice_and_a_translation_that_is_none_are_refused(folder: Path) -> None:
    with (folder / "profiles" / "questions.toml").open("a") as questions:
        questions.write('\n[[field]]\nid = "cause"\nlabel = "Cause"\ntype = "text"\n')
    with pytest.raises(FormFileError, match="an id is there twice"):
        ProfileFiles(folder).load()

    shutil.copy(LAW_FOLDER / "profiles" / "questions.toml", folder / "profiles")
    for text in ("options = 1", "[words]\nyes = 1", "odd = 1"):
        (folder / "wording" / "de.toml").write_text(text)
        with pytest.raises(LawFileError, match=r"de\.toml"):
            ProfileFiles(folder).load()
