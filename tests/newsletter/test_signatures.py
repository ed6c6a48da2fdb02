"""A letter of ours, signed as a relay would, and read as it arrived."""

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import signatures

# Made for these tests, and of use nowhere else.
KEY = b"""-----BEGIN RSA PRIVATE KEY-----
MIICXgIBAAKBgQC++4cseJDCOC+9121I5AghQ2UCXjcnS4z9XlVUBDJdFN4WT5en
MyPDq2Ttir4iWJ7LmZ/liDQbShkZRI1rOZ0hSEZtfqor/mTvsmTPmrnD0qcYRinI
hC1xugJrHC6M4wVeHQyuw1APvuwGytzoeNas6NtRAQS/ARy8oIk8jVneeQIDAQAB
AoGBAJxi2Sh4PYlcevOIUSvr1iBu0Gqk/aLGwdfDhDm9CgSgjs9UM4mtXa7fTVEa
WGFFkhqEXKOW6ZwjC/Rd5zOTRO9NoEauwexGrVGDfHQ7BYUAX5aZ9Kxj/V8Te/8Y
893ky8dL7gbR9/bGHI02rCeWruRKHoIvJmsShOZ1SSFPWV51AkEA8EfItjwjZiuQ
hsY5on7Blx6yZLCkmUAKMyST07SumIWphSjETy22F9NCaTXoOmgcyAfYJ+7SeRhH
JpcEzSrApwJBAMt6Gm3DD1Kc0DCpcI70huQrvTakNcKl1bLJZHw5jPaTb2L+ywgO
+qaxydGNl8irS1SVzLsuq9/fb7oqlztAK98CQQDWwWIMNt3wwHkxbFQw/xfqCJ6r
ThIfgtRa95NEgdYXLkfgYxpqJlH9I23U+UBxi4JF6nTw5Ayr/N4DCLFa6p47AkAN
nUjhaTjAPU/MwbmPRxszbx3E5y3VrUTkJod7rFobMXg1dnjdPCtXNfQb+k5aleN/
cFp3d8L2Qrv2B92AkGWfAkEAiQU+cOa0KZoxNh1P2tExGcIQDTKTgX5w1krCarGB
RIas2Wj3kocb5cQyE/eTxbEP5sV7IfXx3gm0LPLl2ERrdw==
-----END RSA PRIVATE KEY-----
"""
PUBLIC = (
    b"v=DKIM1; k=rsa; p="
    b"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC++4cseJDCOC+9121I5AghQ2UCXjcnS4z9XlVUBDJd"
    b"FN4WT5enMyPDq2Ttir4iWJ7LmZ/liDQbShkZRI1rOZ0hSEZtfqor/mTvsmTPmrnD0qcYRinIhC1xugJr"
    b"HC6M4wVeHQyuw1APvuwGytzoeNas6NtRAQS/ARy8oIk8jVneeQIDAQAB"
)
ALL = [b"From", b"Subject", b"List-Unsubscribe", b"List-Unsubscribe-Post"]


@pytest.fixture
def letter(weekly, post, subscribe, mailoutbox, publication, commit):
    """An issue as it leaves this site."""
    publication.from_address = "sara@example.org"
    publication.save()
    subscribe()
    with commit():
        weekly.send_now()
    return mailoutbox[0].message().as_bytes(linesep="\r\n")


def signed(letter, headers=ALL, domain=b"example.org"):
    return dkim.sign(letter, b"s1", domain, KEY, include_headers=headers) + letter


def said(letter):
    return [finding.words for finding in signatures.findings(letter)]


def test_a_signature_over_all_three_headers_is_well(letter):
    arrived = signed(letter)

    assert dkim.verify(arrived, dnsfunc=lambda *_args, **_kwargs: PUBLIC)
    assert said(arrived) == []
    assert signatures.seals(arrived) == [
        "Signed by example.org (key s1), covering From, List-Unsubscribe, List-Unsubscribe-Post."
    ]


@pytest.mark.parametrize("left_out", [b"List-Unsubscribe", b"List-Unsubscribe-Post"])
def test_an_uncovered_header_is_named(letter, left_out):
    [words] = said(signed(letter, [name for name in ALL if name != left_out]))

    assert f"does not cover {left_out.decode()}," in words
    assert "example.org" in words


def test_a_strangers_signature_does_not_count(letter):
    [words] = said(signed(letter, domain=b"relay.example.net"))

    assert "relay.example.net signed it" in words


def test_one_good_signature_among_several_is_enough(letter):
    twice = signed(signed(letter), domain=b"relay.example.net")

    assert said(twice) == []
    assert len(signatures.seals(twice)) == 2


def test_an_unsigned_letter_is_said(letter):
    [words] = said(letter)

    assert "Nobody signed this letter" in words


def test_a_confirmation_is_the_wrong_letter_to_look_at(sign_up, mailoutbox):
    sign_up("marigold@example.com")
    confirmation = mailoutbox[0].message().as_bytes(linesep="\r\n")

    assert "Only issues carry them" in said(confirmation)[0]


@pytest.mark.parametrize("tags", [b"v=1", b"v=1; d=example.org", b"v=1; h=from", b";;=", b"\xff"])
def test_a_broken_signature_counts_for_nothing(letter, tags):
    [words] = said(b"DKIM-Signature: " + tags + b"\r\n" + letter)

    assert "counts for nothing" in words


@given(st.binary() | st.text(alphabet="From: a@b\r\nDKIM-Signature;=h\xff\x1b").map(str.encode))
def test_whatever_the_file_holds_is_answered_in_words(letter):
    words = said(letter) + signatures.seals(letter)

    assert words
    assert all(sentence.isprintable() for sentence in words)


def test_a_letter_that_hides_its_sender_is_no_letter():
    assert "This is no letter" in said(b"\x89PNG\r\n\x1a\n" * 3)[0]
