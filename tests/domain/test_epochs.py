"""When a database counts as one that was put back."""

import pytest

from incident_app.domain.epochs import Mark, went_back

NOW = Mark("second", 10)
EPOCHS = {"first", "second"}


@pytest.mark.parametrize(("seen", "back"), [
    ([], False),
    ([Mark("second", 9)], False),
    ([Mark("second", 10)], False),
    ([Mark("second", 11)], True),
    ([Mark("first", 99)], False),  # what was before a restore that was dealt with
    ([Mark("third", 0)], True),  # begun after the copy was made
    ([Mark("second", 10), Mark("third", 0)], True),  # one place that knows is enough
])
def test_a_database_went_back_if_anybody_saw_it_further_than_it_is(seen: list[Mark], back: bool) -> None:
    assert went_back(NOW, EPOCHS, seen) is back
