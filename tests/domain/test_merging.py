"""Two people changed one record: what is taken by itself, and what somebody must choose."""

from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.merging import Whose, merge

NAMES = ("title", "cause", "summary", "measures")
values = st.tuples(st.sampled_from(["", "a", "b", "c"]))
records = st.fixed_dictionaries(dict.fromkeys(NAMES, values))


def test_what_one_changed_alone_is_taken() -> None:
    base = {"title": ("Leak",), "cause": ("unknown",)}

    done = merge(base, {"title": ("Leak",), "cause": ("a script",)}, {"title": ("Leak of chats",), "cause": ("unknown",)})

    assert done.values == {"title": ("Leak of chats",), "cause": ("a script",)}
    assert done.whose == {"title": Whose.MINE, "cause": Whose.THEIRS}
    assert not done.clashes


def test_what_both_changed_is_a_clash_and_mine_stays_until_somebody_chooses() -> None:
    done = merge({"cause": ("unknown",)}, {"cause": ("a script",)}, {"cause": ("a person",)})

    assert done.clashes == ["cause"]
    assert done.values == {"cause": ("a person",)}


def test_without_a_known_start_every_difference_is_a_clash() -> None:
    done = merge(None, {"cause": ("a script",), "title": ("x",)}, {"cause": ("a person",), "title": ("x",)})

    assert done.clashes == ["cause"]


def test_a_field_my_form_did_not_have_stays_as_it_is() -> None:
    assert merge({}, {"cause": ("x",)}, {}).values == {"cause": ("x",)}
    assert merge({}, {}, {"cause": ("x",)}).values == {"cause": ("x",)}


@given(records, records)
def test_whoever_changed_nothing_loses_nothing_of_the_other(base: dict[str, tuple[str]], other: dict[str, tuple[str]]) -> None:
    assert merge(base, other, base).values == other
    assert merge(base, base, other).values == other
    assert not merge(base, other, base).clashes
    assert not merge(base, other, other).whose


@given(records, records, records)
def test_no_change_of_anybody_is_lost_without_a_word(
    base: dict[str, tuple[str]], theirs: dict[str, tuple[str]], mine: dict[str, tuple[str]]
) -> None:
    done = merge(base, theirs, mine)

    for name in NAMES:
        if theirs[name] != base[name] and done.values[name] != theirs[name]:
            assert name in done.clashes
        if mine[name] != base[name]:
            assert done.values[name] == mine[name]


@given(records, records, records)
def test_both_sides_see_the_same_clashes(
    base: dict[str, tuple[str]], theirs: dict[str, tuple[str]], mine: dict[str, tuple[str]]
) -> None:
    assert set(merge(base, theirs, mine).clashes) == set(merge(base, mine, theirs).clashes)
