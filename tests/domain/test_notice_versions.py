"""What differs between two versions of a text."""

from incident_app.domain.notices import Difference, Text, differences


def test_only_the_sentences_that_differ_are_shown() -> None:
    before = Text("News", "It was Monday. We closed it.\n\nAsk us.")
    after = Text("News of us", "It was Tuesday. We closed it.\n\nAsk us.\nWrite.")

    assert differences(before, after) == (
        Difference(("News", "It was Monday."), ("News of us", "It was Tuesday.")), Difference((), ("Write.",)))
    assert differences(after, before)[-1] == Difference(("Write.",), ())
    assert differences(before, before) == ()
