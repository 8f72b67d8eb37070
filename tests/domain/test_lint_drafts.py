"""What the app drafts itself passes its own check without a word, in every language, for every kind of data and breach."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import CaseFacts, Known, Reader, Text
from incident_app.services.notices import languages, wording
from incident_app.services.notices.habits import habits
from tests.domain.lettering import FACTS

ENGLISH = wording("en")
KINDS, BREACHES = tuple(ENGLISH.blocks), tuple(ENGLISH.incident)
DAYS = frozenset({date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)})
FULL = CaseFacts(
    aware_on=date(2026, 1, 2), occurred_on=date(2026, 1, 1), contained_at=datetime(2026, 1, 3, 14, 5, tzinfo=UTC),
    confidentiality=True, integrity=True, availability=True, categories=("contact",), authority_told=True,
    authority="AEPD", told="AEPD")
BARE = CaseFacts(aware_on=date(2026, 1, 2), categories=("contact",), again_on=date(2026, 2, 1))
CASES = [*(replace(case, categories=(kind,)) for kind in KINDS for case in (FULL, BARE)),
         *(replace(case, kind=breach) for breach in BREACHES for case in (FULL, BARE)),
         replace(FULL, categories=KINDS[:6]), replace(BARE, categories=())]


@pytest.mark.parametrize("language", languages())
def test_no_draft_gets_a_warning(language: str) -> None:
    words = wording(language)
    said: dict[tuple[tuple[str, ...], str, str], str] = {}
    for case in CASES:
        facts = replace(FACTS, categories=case.categories)
        known = Known(days=DAYS, people=((10, 12),), kinds=case.categories, certain=case.confidentiality is True,
                      today=date(2026, 1, 5))
        text = Text(*rules.compose(case, words))
        found = rules.check_text(text, words, rules.longest_values(facts, [Reader("Ann")], words), habits(language), facts, known)
        said |= {(case.categories, case.kind, one.check): one.words for one in found.findings}
        assert found.level.startswith("easy")

    assert said == {}
