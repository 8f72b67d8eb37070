"""What is shown with the line breaks somebody wrote has none of the template's own."""

import re
from pathlib import Path

import incident_app
from incident_app.paths import data_dir

STATIC = Path(incident_app.__file__).parent / "static"
RULE = re.compile(r"^\.([\w-]+) \{[^}]*white-space: pre", re.MULTILINE)


def test_no_template_adds_breaks_to_words_that_keep_theirs() -> None:
    # Given the classes that keep line breaks, by the style sheets
    sheets = [one.read_text() for one in STATIC.glob("*.css")]
    classes = sorted({name for sheet in sheets for name in RULE.findall(sheet)})
    assert "as-written" in classes

    # When an element of one begins on the next line of its template, then that line and its indentation would be seen
    begins_late = re.compile(rf'class="[^"]*\b(?:{"|".join(classes)})\b[^"]*"[^>]*>[ \t]*\n')
    wrong = [f"{path}: {found[0]}" for path in data_dir("templates").rglob("*.html") for found in begins_late.finditer(path.read_text())]
    assert wrong == []
