"""What identifies people is sealed so that neither a stolen database nor a swapped row helps anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.adapters.vault import AesVault
from incident_app.domain.ports import Vault, VaultError

OLD = ("k1", bytes(range(32)))
NEW = ("k2", bytes(range(32, 64)))
SCOPE = "recipients|17|payload"


@pytest.fixture
def vault() -> AesVault:
    return AesVault([OLD])


@given(plain=st.binary(max_size=300), scope=st.text(max_size=40))
def test_what_was_sealed_opens_to_what_it_was(plain: bytes, scope: str) -> None:
    vault: Vault = AesVault([OLD])
    key = vault.new_key()
    assert vault.open(key, vault.seal(key, plain, scope), scope) == plain


def test_many_open_as_each_alone_does_and_none_of_them_spoils_the_others(vault: AesVault) -> None:
    # Given what two keys of a ring sealed, and between them what no one may open
    old = vault.new_key()
    ring, other = vault.renewed(old), vault.new_key()
    sealed = [
        vault.seal(old, b"one", SCOPE), vault.seal(ring, b"two", SCOPE), vault.seal(other, b"theirs", SCOPE), b"", b"\x01",
        vault.seal(ring, b"moved", "recipients|18|payload"), vault.seal(ring, b"cut", SCOPE)[:20], vault.seal(old, b"three", SCOPE),
        b"\xff" * 40, vault.seal(ring, b"", SCOPE),
    ]

    # When all are opened at once, then each is what it is alone
    assert vault.open_each(ring, [(one, SCOPE) for one in sealed]) == [
        b"one", b"two", None, None, None, None, None, b"three", None, b""]
    assert vault.open_each(b"no key", [(sealed[0], SCOPE)]) == vault.open_each(b"", [(sealed[0], SCOPE)]) == [None]


def test_the_same_content_never_looks_the_same_twice(vault: AesVault) -> None:
    key = vault.new_key()
    first, second = vault.seal(key, b"kim@example.org", SCOPE), vault.seal(key, b"kim@example.org", SCOPE)
    assert first != second
    assert b"kim" not in first
    assert vault.new_key() != vault.new_key()


def test_content_moved_to_another_row_does_not_open(vault: AesVault) -> None:
    key = vault.new_key()
    sealed = vault.seal(key, b"kim@example.org", SCOPE)
    with pytest.raises(VaultError, match="another row"):
        vault.open(key, sealed, "recipients|18|payload")


def test_content_of_another_case_does_not_open(vault: AesVault) -> None:
    sealed = vault.seal(vault.new_key(), b"kim@example.org", SCOPE)
    with pytest.raises(VaultError, match="this case"):
        vault.open(vault.new_key(), sealed, SCOPE)


def test_a_single_changed_byte_anywhere_is_noticed(vault: AesVault) -> None:
    key = vault.new_key()
    sealed = vault.seal(key, b"kim", SCOPE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(VaultError):
            vault.open(key, bytes(changed), SCOPE)
    for place in range(len(key)):
        changed = bytearray(key)
        changed[place] ^= 1
        with pytest.raises(VaultError):
            vault.open(bytes(changed), sealed, SCOPE)


@pytest.mark.parametrize("length", [0, 1, 9, 12, 30])
def test_content_or_key_cut_short_is_noticed(vault: AesVault, length: int) -> None:
    key = vault.new_key()
    sealed = vault.seal(key, b"kim", SCOPE)
    with pytest.raises(VaultError):
        vault.open(key, sealed[:length], SCOPE)
    with pytest.raises(VaultError):
        vault.open(key[:length], sealed, SCOPE)


def test_the_blind_index_is_equal_within_a_case_and_says_nothing_across_cases(vault: AesVault) -> None:
    one, other = vault.new_key(), vault.new_key()
    assert vault.blind(one, "kim@example.org") == vault.blind(one, "kim@example.org")
    assert vault.blind(one, "kim@example.org") != vault.blind(one, "kim@example.com")
    assert vault.blind(one, "kim@example.org") != vault.blind(other, "kim@example.org")
    assert len(vault.blind(one, "")) == 32


def test_keys_change_over_in_three_steps_without_touching_a_row() -> None:
    before = AesVault([OLD])
    wrapped = before.new_key()
    sealed, blind = before.seal(wrapped, b"kim", SCOPE), before.blind(wrapped, "kim")

    both = AesVault([NEW, OLD])
    assert both.open(wrapped, sealed, SCOPE) == b"kim"
    again = both.rewrap(wrapped)
    assert (both.wrapped_by(wrapped), both.wrapped_by(again)) == (("k1",), ("k2",))

    after = AesVault([NEW])
    assert after.open(again, sealed, SCOPE) == b"kim"
    assert after.blind(again, "kim") == blind
    with pytest.raises(VaultError, match="“k1” is not loaded"):
        after.open(wrapped, sealed, SCOPE)


def test_a_key_of_the_same_name_that_is_another_key_is_noticed() -> None:
    wrapped = AesVault([OLD]).new_key()
    with pytest.raises(VaultError, match="not the key"):
        AesVault([("k1", NEW[1])]).seal(wrapped, b"kim", SCOPE)


@pytest.mark.parametrize("keys", [[], [("k1", b"short")], [("", bytes(32))], [("k" * 256, bytes(32))], [OLD, OLD]])
def test_keys_that_cannot_be_used_are_refused_at_the_start(keys: list[tuple[str, bytes]]) -> None:
    with pytest.raises(VaultError):
        AesVault(keys)


def test_a_vault_shows_the_names_of_its_keys_only(vault: AesVault) -> None:
    assert repr(vault) == "AesVault(keys=['k1'])"


@pytest.mark.parametrize("key", [b"", b"\x02" + bytes(90), b"\x01" + bytes(8) + b"\x02\xff\xff" + bytes(60)])
def test_what_is_no_key_at_all_is_refused(vault: AesVault, key: bytes) -> None:
    with pytest.raises(VaultError):
        vault.seal(key, b"kim", SCOPE)


def test_what_is_left_of_a_destroyed_key_blinds_and_opens_nothing(vault: AesVault) -> None:
    wrapped = vault.new_key()
    sealed, left = vault.seal(wrapped, b"kim", SCOPE), vault.index_only(wrapped)

    assert vault.blind(left, "kim") == vault.blind(wrapped, "kim")
    assert vault.blind(vault.rewrap(left), "kim") == vault.blind(wrapped, "kim")
    assert vault.wrapped_by(left) == vault.wrapped_by(wrapped)
    with pytest.raises(VaultError, match="destroyed"):
        vault.open(left, sealed, SCOPE)
    with pytest.raises(VaultError, match="destroyed"):
        vault.seal(left, b"kim", SCOPE)


def test_a_fresh_key_in_front_seals_and_the_one_behind_still_opens_and_blinds(vault: AesVault) -> None:
    first = vault.new_key()
    before = vault.seal(first, b"kim", SCOPE)

    ring = vault.renewed(vault.renewed(first))
    after = vault.seal(ring, b"kim", SCOPE)

    assert (vault.open(ring, before, SCOPE), vault.open(ring, after, SCOPE)) == (b"kim", b"kim")
    assert (vault.place_of(ring, before), vault.place_of(ring, after), vault.place_of(first, after)) == (2, 0, None)
    assert vault.blind(ring, "kim") == vault.blind(first, "kim") == vault.blind(vault.index_only(ring), "kim")
    with pytest.raises(VaultError, match="this case"):
        vault.open(first, after, SCOPE)
    with pytest.raises(VaultError, match="another row"):
        vault.open(ring, before, "recipients|18|payload")


def test_a_whole_ring_is_wrapped_anew_at_once() -> None:
    both = AesVault([NEW, OLD])
    ring = both.renewed(AesVault([OLD]).new_key())
    sealed = both.seal(ring, b"kim", SCOPE)
    assert both.wrapped_by(ring) == ("k2", "k1")

    again = both.rewrap(ring)

    assert (both.wrapped_by(again), AesVault([NEW]).open(again, sealed, SCOPE)) == (("k2",), b"kim")
    assert both.loaded() == ("k2", "k1")


def test_a_ring_cut_short_is_noticed_wherever_it_is_cut(vault: AesVault) -> None:
    ring = vault.renewed(vault.new_key())
    whole = len(ring) // 2
    for length in {*range(len(ring))} - {whole}:
        with pytest.raises(VaultError):
            vault.blind(ring[:length], "kim")
