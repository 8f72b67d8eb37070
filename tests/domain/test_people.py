"""Who works here: roles that exclude each other, mailboxes, what a token may."""

import pytest

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor, Permission, Role, may, require, rights
from incident_app.domain.recipients import mailbox_base
from incident_app.domain.refusals import Forbidden, Refused


@pytest.mark.parametrize(("roles", "words"), [
    ({Role.ADMIN, Role.APPROVER}, "exclude each other"), ({Role.AUDITOR, Role.RESPONDER}, "goes alone"),
    ({Role.AUDITOR, Role.ADMIN}, "goes alone"), (set(), "at least one"),
])
def test_roles_that_exclude_each_other_are_named_in_words(roles: set[Role], words: str) -> None:
    assert words in (rules.roles_problem(roles) or "")


def test_roles_that_go_together_are_no_problem() -> None:
    assert rules.roles_problem({Role.RESPONDER, Role.APPROVER, Role.ONCALL}) is None
    assert rules.roles_problem({Role.AUDITOR}) is None
    assert rules.roles_of(["admin", "oncall"]) == {Role.ADMIN, Role.ONCALL}
    with pytest.raises(Refused, match="no such role"):
        rules.roles_of(["root"])


@pytest.mark.parametrize(("one", "other"), [
    ("Ada@Example.org", "ada@example.org"), ("ada+breach@example.org", "ada@example.org"),
    ("a.d.a@gmail.com", "ada+x@googlemail.com"),
])
def test_addresses_of_one_mailbox_have_one_base(one: str, other: str) -> None:
    assert mailbox_base(one) == mailbox_base(other)


@pytest.mark.parametrize(("one", "other"), [
    ("a.da@example.org", "ada@example.org"), ("ada@example.org", "ada@example.net"), ("+a@example.org", "+b@example.org"),
])
def test_addresses_of_two_mailboxes_do_not(one: str, other: str) -> None:
    assert mailbox_base(one) != mailbox_base(other)


def test_what_is_said_of_an_account_is_judged_by_field() -> None:
    assert rules.account_problems("Ada", "Europe/Berlin", {Role.APPROVER}) == {}
    assert set(rules.account_problems(" ", "Mars/Base", ())) == {"name", "zone", "roles"}
    assert set(rules.account_problems("A\nBcc: b", "UTC", {Role.ADMIN})) == {"name"}
    assert set(rules.account_problems("A" * 201, "UTC", {Role.ADMIN})) == {"name"}
    assert rules.address_of(" Ada@Example.ORG ") == "ada@example.org"
    for wrong in ("", "ada", "ada@@example.org", "ada @example.org", "ada@localhost", "a\r\nBcc:b@example.org"):
        with pytest.raises(Refused, match="not an email"):
            rules.address_of(wrong)


def test_a_token_never_may_more_than_its_owner() -> None:
    # Given somebody who approves, and a token that was made to read
    owner = Actor(1, "Ada", frozenset({Role.APPROVER}))
    reading = Actor(1, "Ada", frozenset({Role.APPROVER}), only=rules.narrowed(["see_cases", "manage_accounts", "gone"]))

    # Then the token may read, not approve, and what its owner may not it may not either
    assert may(reading, Permission.SEE_CASES)
    assert rights(reading) == {Permission.SEE_CASES, Permission.SEE_OWN_ACCOUNT}
    with pytest.raises(Forbidden, match=r"This token may not do this \(approve notice\)"):
        require(reading, Permission.APPROVE_NOTICE)
    with pytest.raises(Forbidden, match="takes one of these roles: admin"):
        require(reading, Permission.MANAGE_ACCOUNTS)
    assert rules.narrowed(None) is None
    assert may(owner, Permission.APPROVE_NOTICE)
    assert rules.scopes_problem([Permission.SEE_CASES], rights(owner)) is None
    assert "manage accounts" in (rules.scopes_problem([Permission.MANAGE_ACCOUNTS], rights(owner)) or "")
    assert "at least one" in (rules.scopes_problem([], rights(owner)) or "")


def test_reading_changes_nothing_and_what_takes_proof_is_not_reading() -> None:
    assert not rules.READS & rules.TAKES_PROOF
    assert Permission.OPEN_CONTACT not in rules.READS
    assert {Permission.APPROVE_NOTICE, Permission.SEND_NOTICE, Permission.EXPORT_RECIPIENTS} <= rules.TAKES_PROOF
