"""A letter's bytes: whatever somebody writes, it arrives letter by letter."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter import carriers, mail
from newsletter.letters import Form, Letter
from tests.newsletter import ways
from tests.sinks.smtp import Smtp

MARKS = {"stop": "own-link-abcdefghjkmnpqrs", "manage": "own-page-abcdefghjkmnpqrs"}
MARK, PAGE = MARKS.values()
OWN = {"stop": "t" * 32, "manage": "m" * 32}
PIECES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *(".", "..", "\r\n.", "\n.\n", "\r\n.\r\n", "From ", "\nFrom here", "--", "=", "=3D"),
            *("=\n", " ", "\t", "   \n", "trailing \t\r\n", "\r", "\r\n\r\n", "\x85", "\u2028"),
            *("ü", "Ångström", "…", "🙂", "👩‍🦽", "%recipient.own%", "\x0b", "\x0c", "\x1c"),
            *(
                "w" * 75,
                "w" * 1200,
                "ü" * 400,
                "--=_two-faces-of-one-letter--",
                MARK,
                PAGE,
                f"\n{MARK}\n{PAGE}",
            ),
        ]
    ),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def form(text="Words.", html="<p>Words.</p>", subject="Hot days", **headers):
    return Form(
        subject=subject,
        sender="Slow Signal <site@example.org>",
        text=text,
        html=html,
        stop_url=f"https://example.org/newsletter/unsubscribe/{MARK}/",
        marks=MARKS,
        headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", **headers},
    )


def letter(**facts):
    own = {"to": "marigold@example.com", "own": OWN, "message_id": "<d.1.1.x@example.org>"}
    return Letter(**own | {"date": datetime(2026, 3, 29, 0, 30, tzinfo=UTC)} | facts)


def canonical(text):
    """As mail writes it: every line ends with CRLF."""
    return re.sub(
        "\r\n|\r|\n", "\r\n", text.replace(MARK, OWN["stop"]).replace(PAGE, OWN["manage"])
    ).encode()


def parts(raw):
    whole = message_from_bytes(raw, policy=policy.SMTP)
    return [part.get_payload(decode=True) for part in whole.iter_parts()]


@given(text=TEXTS, html=TEXTS)
@example(text=MARK, html=MARK * 3)
@example(text=f"{MARK}.\r\n.{MARK}", html=f" {MARK} \n")
def test_it_arrives_byte_for_byte(text, html):
    raw = form(text, html).on_the_wire(letter())

    assert parts(raw) == [canonical(text), canonical(html)]


@given(text=TEXTS, html=TEXTS)
def test_no_line_is_too_long_or_begins_with_a_full_stop(text, html):
    raw = form(text, html).on_the_wire(letter())
    lines, body = raw.split(b"\r\n"), raw.partition(b"\r\n\r\n")[2].split(b"\r\n")

    assert max(map(len, body)) <= 76
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)


@given(subject=st.text(min_size=1, max_size=150))
@example(subject="Hot\r\nBcc: fern@example.com")
@example(subject="=?utf-8?q?Hot=0D=0ABcc:_fern@example.com?=")
@example(subject="Hot\u2028Bcc: fern@example.com\x85Cc: fern@example.com")
def test_nothing_in_a_title_becomes_a_header(subject):
    raw = form(subject=mail.one_line(subject)).on_the_wire(letter())
    head = message_from_bytes(raw.partition(b"\r\n\r\n")[0], policy=policy.default)
    names = [header.lower() for header in head]

    assert len(set(names)) == len(names) == 9
    assert str(head["Subject"]).strip() == mail.one_line(subject)


@given(text=TEXTS)
def test_both_ways_of_writing_it_say_the_same(text):
    """By SMTP as bytes, elsewhere as Django's mails."""
    text = f"Words. {text}"
    one, other = form(text), form(text).message(letter()).message().as_bytes()
    lines = lambda words: "".join(words.splitlines())  # noqa: E731

    [as_bytes, _html] = parts(one.on_the_wire(letter()))
    [as_mail, _html] = parts(other)
    assert lines(as_bytes.decode()) == lines(as_mail.decode())


def test_its_date_is_the_one_it_was_given():
    at = datetime(2026, 10, 25, 0, 59, 59, 999999, tzinfo=UTC)
    raw = form().on_the_wire(letter(date=at))

    head = message_from_bytes(raw)
    assert parsedate_to_datetime(head["Date"]) == at.replace(microsecond=0)


@pytest.mark.parametrize(
    "facts",
    [
        {"to": "marigold@example.com\r\nBcc: fern@example.com"},
        {"to": "marigold@example.com, fern@example.com"},
        {"to": "marigold@example.com>\nRCPT TO:<fern@example.com"},
        {"to": "Marigold <marigold@example.com>"},
        {"to": "märigold@example.com"},
        {"to": ""},
        {"own": {"stop": "t", "manage": "t\r\nX: y"}},
        {"own": {"stop": "t t"}},
        {"message_id": "<a@b>\n"},
    ],
)
def test_a_letter_with_a_trick_in_it_is_never_written(facts):
    with pytest.raises(ValueError, match="not fit"):
        letter(**facts)


@pytest.mark.parametrize(
    "text",
    [
        "\r\n.\r\n",
        ".\n..\n...\n",
        ".",
        " \n\t\n",
        "w" * 5000,
        "ü=\r\n🙂\n.ende",
        f"{MARK}.\n.{MARK}",
    ],
)
def test_a_real_conversation_brings_it_over_whole(text, settings, publication):
    with Smtp() as sink:
        ways.by_smtp(settings, sink)
        carriers.current().send_letter(form(text), letter())
        carriers.current().send(form(text).message(letter()))
        carriers.current().close()

    assert [parts(taken.raw)[0] for taken in sink.taken] == [canonical(text)] * 2
