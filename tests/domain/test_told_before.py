"""Who was told before is said in words: of these people, of another list, so far, and in a text that was withdrawn."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from incident_app.domain.notices.before import Earlier, told_words

FIRST = Earlier(1, "people", 1001, 994, datetime(2026, 11, 24, 8, 40, tzinfo=UTC))


@pytest.mark.parametrize(("earlier", "said"), [
    (FIRST, "Notice 1 went to 994 of these 1\u202f001 people on Tue 24 Nov 2026 09:40 CET."),
    (replace(FIRST, on_its_way=True), "Notice 1 went to 994 of these 1\u202f001 people so far, since Tue 24 Nov 2026 09:40 CET."),
    (replace(FIRST, total=1, reached=1), "Notice 1 went to this person on Tue 24 Nov 2026 09:40 CET."),
    (replace(FIRST, kind="controllers", total=3, reached=2, withdrawn=True),
     "Notice 1 went to 2 of these 3 controllers on Tue 24 Nov 2026 09:40 CET. Its text was withdrawn since."),
    (replace(FIRST, other_list=2),
     "Notice 1 went to 994 of the 1\u202f001 people of list 2 on Tue 24 Nov 2026 09:40 CET. Whoever stands on both lists gets this one too."),
    (replace(FIRST, other_list=2, total=1, reached=1),
     "Notice 1 went to the person of list 2 on Tue 24 Nov 2026 09:40 CET. Whoever stands on both lists gets this one too."),
])
def test_an_earlier_notice_is_said_in_one_or_two_sentences(earlier: Earlier, said: str) -> None:
    assert told_words(earlier, "Europe/Berlin") == said
