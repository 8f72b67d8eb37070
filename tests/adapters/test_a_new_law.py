"""A lawyer adds a law: one file, no code."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from incident_app.adapters.holidays import HolidayCalendar
from incident_app.adapters.law_files import LAW_FOLDER, LawFiles
from incident_app.domain.obligations import arising
from incident_app.domain.regimes import CaseFacts

BOLIVIA = """
id = "BO-NEW"
name = "Bolivian data law"
instrument = "Law 1/2026"
jurisdiction = "Bolivia"
countries = ["BO"]
links = ["people"]
zone = "America/La_Paz"

[[rule]]
provision = "Art 7"
stage = "initial"
recipient_type = "authority"
recipient = "the new agency"
anchor = "detected"
value = 2
unit = "business_days"
mode = "business_days"
threshold = "always"
threshold_words = "every breach"
in_force_from = 2026-07-01
status = "in_force"
confidence = "check"

[[rule]]
provision = "Art 8"
stage = "final"
recipient_type = "authority"
recipient = "the new agency"
anchor = "initial_sent"
follows = "initial"
value = 1
unit = "months"
mode = "months"
threshold = "always"
threshold_words = "every breach"
in_force_from = 2026-07-01
status = "in_force"
confidence = "check"
"""


def test_a_law_is_added_by_one_file_and_no_code(tmp_path: Path) -> None:
    # Given the law files, and one more
    shutil.copytree(LAW_FOLDER, tmp_path / "law")
    (tmp_path / "law" / "regimes" / "bo-new.toml").write_text(BOLIVIA)

    # When a breach hits people there, noticed on a Thursday evening before the weekend
    law = LawFiles(tmp_path / "law").load()
    noticed = datetime(2026, 11, 26, 22, tzinfo=UTC)
    facts = CaseFacts("DE", "Europe/Berlin", noticed, people_countries=("BO",), sectors=frozenset())
    duties = [one for one in arising(law, facts, HolidayCalendar(), date(2026, 11, 26)) if one.regime == "BO-NEW"]

    # Then its clocks run: two working days there, and the month once the first notice was sent
    assert [(one.stage, one.due_at) for one in duties] == [("initial", datetime(2026, 12, 1, 4, tzinfo=UTC)), ("final", None)]
    assert duties[0].why == (
        "Bolivian data law: affected people live in BO. Counted from awareness: no other moment for “detected” is on "
        "record. Owed: every breach.")
