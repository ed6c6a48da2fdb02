"""Whose fault it is that a letter did not arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.models.evidence import Blame, blame


@pytest.mark.parametrize(
    ("reason", "code", "whose"),
    [
        ("bounced", "550 5.1.1", Blame.ADDRESS),
        ("bounced", "5.2.1", Blame.ADDRESS),
        ("other", "550 5.1.1", Blame.ADDRESS),
        ("bounced", "550", Blame.ADDRESS),
        ("bounced", "", Blame.ADDRESS),
        ("invalid", "", Blame.ADDRESS),
        ("bounced", "550 5.7.26", Blame.MESSAGE),
        ("bounced", "550 5.7.515", Blame.MESSAGE),
        ("bounced", "5.6.0", Blame.MESSAGE),
        ("bounced", "552 5.3.4", Blame.MESSAGE),
        ("bounced", "552", Blame.MESSAGE),
        ("bounced", "554", Blame.MESSAGE),
        ("spam", "", Blame.MESSAGE),
        ("blocked", "550", Blame.MESSAGE),
        ("", "", Blame.MESSAGE),
        ("bounced", "552 5.2.2", Blame.DEFERRAL),
        ("bounced", "450 4.2.1", Blame.DEFERRAL),
        ("bounced", "421", Blame.DEFERRAL),
        ("timed_out", "", Blame.DEFERRAL),
    ],
)
def test_only_what_is_about_the_address_is_held_against_it(reason, code, whose):
    assert blame(reason, code) is whose


@given(reason=st.text(max_size=16), code=st.from_regex(r"5\d\d 5\.[67]\.\d{1,3}", fullmatch=True))
def test_policy_and_content_are_never_the_readers_fault(reason, code):
    assert blame(reason, code) is Blame.MESSAGE


@given(st.integers(0, 2**63 - 1))
def test_a_numbered_row_has_a_public_id_that_leads_back(number):
    public_id = tokens.numbered(number)

    assert len(public_id) == tokens.ID_LENGTH
    assert tokens.number(tokens.read(tokens.make(tokens.DELIVERY, public_id))) == number
