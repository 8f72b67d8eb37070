"""How numbers are written: one way for the people of the house, on pages and on paper."""

import re
from pathlib import Path

from incident_app.adapters.weasyprint import thousands as on_paper
from incident_app.domain.numbers import grouped
from incident_app.web.filters import thousands as on_pages

OTHERS = {  # as the language of a letter or a form has them, or the rule itself
    "domain/notices/rendering.py", "domain/filings/answers.py", "domain/cases.py", "domain/numbers.py",
}


def test_a_number_is_written_alike_on_pages_in_refusals_and_on_paper() -> None:
    assert {grouped(9998), on_pages(9998), on_paper(9998)} == {"9\u202f998"}
    assert grouped(12) == "12"


def test_no_sentence_of_ours_groups_digits_by_commas() -> None:
    package = Path(__file__).parents[2] / "incident_app"
    floors = [path for path in package.glob("*/**/*.py") if path.relative_to(package).as_posix() not in OTHERS]

    assert len(floors) > 300
    assert [path.name for path in floors if re.search(r":,\}", path.read_text("utf-8"))] == []
