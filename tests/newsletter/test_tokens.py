"""Links that only this site can make, each for one purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens

NAME = "abcdefghjkmnpqrs"


@pytest.fixture
def token():
    return tokens.make(tokens.CONFIRM, NAME)


def test_a_token_proves_itself(token):
    assert tokens.read(token) == NAME
    assert tokens.proves(token, tokens.CONFIRM)


def test_a_token_changed_in_one_bit_anywhere_proves_nothing(token):
    for place in range(len(token)):
        for bit in range(7):
            changed = token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
            # Dashes are only for reading: one in the place of a letter is a letter too few.
            assert not tokens.proves(changed, tokens.CONFIRM), (place, bit)


def test_a_truncated_or_longer_token_proves_nothing(token):
    shorter = [token[:length] for length in range(len(token))]
    assert not any(tokens.proves(t, tokens.CONFIRM) for t in [*shorter, token + "a", token * 2])


@pytest.mark.parametrize("purpose", [tokens.UNSUBSCRIBE, tokens.MINE])
def test_a_token_is_good_for_one_purpose(token, purpose):
    assert not tokens.proves(token, purpose)


def test_a_raised_version_revokes(token):
    assert not tokens.proves(token, tokens.CONFIRM, version=1)


def test_an_older_key_still_counts_while_it_is_listed(token, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key"
    assert tokens.proves(token, tokens.CONFIRM)

    settings.SECRET_KEY_FALLBACKS = []
    assert not tokens.proves(token, tokens.CONFIRM)


def test_a_token_may_be_typed_with_dashes(token):
    assert tokens.proves(tokens.grouped(token), tokens.CONFIRM)


def test_an_address_is_found_by_its_hash_under_an_older_key(settings):
    old = tokens.address_hashes("marigold@example.com")[0]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key"

    assert old in tokens.address_hashes(" Marigold@example.com ")


@given(st.text(max_size=80))
def test_whatever_is_typed_is_never_an_error(text):
    assert not tokens.proves(text, tokens.CONFIRM)
