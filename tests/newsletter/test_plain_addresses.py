"""Ordinary addresses are taken without the library's second look, and as it would take them."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter import addresses

ODD = "aZ09.-+_=@'!#`{|}~%/ ñ\t\0'\"(),:;<>[]\\"
NAMES = st.text("abXZ01.-+_='!", max_size=66) | st.text(ODD, max_size=12)
HOSTS = st.text("abXZ01.-", max_size=70) | st.text(ODD, max_size=12)
LASTS = st.sampled_from(["org", "co.uk", "test", "LOCAL", "x", "c0m", "xn--p1ai", "onion", ""])


@given(name=NAMES, host=HOSTS, last=LASTS)
@example("POSTMASTER", "example", "org")
@example("a", "xn--80ak6aa92e", "com")
@example("a", "ab--cd", "com")
@example("a", "1" * 64, "com")
@example("a" * 65, "example", "com")
@example("a", ".".join(["b" * 60] * 5), "com")
@settings(max_examples=2_000, deadline=None)
def test_what_passes_quickly_passes_slowly_and_comes_out_the_same(name, host, last):
    address = f"{name}@{host}.{last}"

    quick = addresses._plain(address)

    assert not quick or quick == addresses._parsed(address)


@pytest.mark.parametrize(
    "address", ["fern@example.org", "Fern.O'Neil+ms@Mail.Example-1.co.uk", "x@3com.com"]
)
def test_ordinary_addresses_take_the_quick_way(address):
    assert addresses._plain(address) == addresses._parsed(address)
