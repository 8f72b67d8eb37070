"""Which cases somebody may see, before anything about one case is known."""

import pytest

from incident_app.domain.accounts import Actor, Role
from incident_app.domain.scope import check_readers, check_team_name, may_choose_readers, sight_of


def a_person(role: Role, *teams: int, number: int = 1) -> Actor:
    return Actor(number, "x", frozenset({role}), teams=frozenset(teams))


def test_who_works_on_cases_sees_those_of_their_teams_and_those_of_none() -> None:
    sight = sight_of(a_person(Role.RESPONDER, 7))

    assert (sight.works, sight.reports, sight.watches, sight.answers) == (True, False, False, True)
    assert sight.worked_teams == frozenset({7})


def test_an_auditor_sees_every_team_unless_they_are_in_one() -> None:
    assert sight_of(a_person(Role.AUDITOR)).worked_teams is None
    assert sight_of(a_person(Role.AUDITOR, 7)).worked_teams == frozenset({7})


def test_who_is_on_call_sees_numbers_and_clocks_and_a_reporter_their_own() -> None:
    on_call, reporter = sight_of(a_person(Role.ONCALL)), sight_of(a_person(Role.REPORTER))

    assert (on_call.works, on_call.reports, on_call.watches, on_call.watched_teams) == (False, True, True, None)
    assert (reporter.works, reporter.reports, reporter.watches, reporter.answers) == (False, True, False, False)


def test_an_administrator_sees_nothing_of_any_case() -> None:
    sight = sight_of(a_person(Role.ADMIN))

    assert not (sight.works)
    assert not (sight.reports)
    assert not (sight.watches)
    assert not (sight.answers)


def test_an_approver_or_the_owner_chooses_the_readers() -> None:
    assert may_choose_readers(a_person(Role.APPROVER), 2)
    assert may_choose_readers(a_person(Role.RESPONDER), 1)
    assert not may_choose_readers(a_person(Role.RESPONDER), 2)
    assert not may_choose_readers(a_person(Role.ONCALL), 1)


def test_readers_may_see_cases_and_one_of_them_decides() -> None:
    approver, responder = a_person(Role.APPROVER), a_person(Role.RESPONDER, number=2)

    assert check_readers({1: approver, 2: responder}, {1, 2}) == {}
    assert "approver" in check_readers({2: responder}, {2})["readers"]
    assert "work here" in check_readers({1: approver}, {1, 3})["readers"]
    assert "may read" in check_readers({1: approver, 3: a_person(Role.ADMIN, number=3)}, {1, 3})["readers"]


@pytest.mark.parametrize(("name", "words"), [("", "name"), ("x" * 101, "100"), ("Team BLUE", "already")])
def test_a_team_has_a_name_of_its_own(name: str, words: str) -> None:
    assert words in check_team_name(name, {"Team blue"})["name"]
    assert check_team_name("Team green", {"Team blue"}) == {}
