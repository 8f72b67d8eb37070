"""Stray quotes in a list: all of them are named at once, so that one correction is enough."""

import pytest

from incident_app.domain import recipients as rules
from incident_app.domain.refusals import Refused


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        list(rules.table([text]).rows)
    return caught.value


def test_all_stray_quotes_are_named_at_once_by_what_is_wrong_with_them() -> None:
    lines = ["name,email", *(f"p{n},p{n}@example.org" for n in range(20))]
    lines[9], lines[14], lines[16] = '"Ann,a@example.org', '"Bob,b@example.org', '"C"arl,c@example.org'

    error = refused("\n".join(lines))

    assert error.reason.startswith("Lines 10 and 15: a quote is opened and not closed on the same line. Line 17: there is more")
    assert error.problems == {"file": "Correct the quotes in lines 10, 15 and 17 and upload again."}


@pytest.mark.parametrize(("count", "more"), [(1, False), (10, False), (11, True), (5000, True)])
def test_ten_stray_quotes_are_named_and_that_there_are_more(count: int, more: bool) -> None:
    error = refused("name,email\n" + '"Ann,a@example.org\n' * count)

    assert ("These are the first 10; there are more." in error.reason) is more
    last = min(count, 10) + 1
    assert error.problems["file"].endswith(f"{last} and upload again.")
