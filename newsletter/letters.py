"""A letter's one form for many, and each person's copy of it: built once, filled per person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import quoprimime
from email.utils import format_datetime, parseaddr
from functools import cached_property

from django.core.mail import EmailMultiAlternatives

from newsletter import mail

LINE = b"\r\n"
SOFT_BREAK = b"=\r\n"  # quoted-printable: vanishes when the mail is read
EDGE = b"=_two-faces-of-one-letter"  # quoted-printable never has =_ in it
WIDTH = 74  # two less than allowed: a full stop that begins a line is written as =2E
ADDRESS = re.compile(r"[!-~]+@[!-~]+")


@dataclass(frozen=True)
class Letter:
    """What differs from one person to the next."""

    to: str
    token: str  # of their own link
    message_id: str
    date: datetime  # of the first attempt
    mark: str = ""  # how a provider's report finds the delivery

    def __post_init__(self) -> None:
        for part in (self.to, self.token, self.message_id):
            if not part.isascii() or not part.isprintable() or " " in part:
                raise ValueError("not fit for a header")
        if not ADDRESS.fullmatch(self.to):
            raise ValueError("not fit for a recipient")


@dataclass(frozen=True)
class Form:
    """A letter as everybody of one variant gets it; `mark` stands where each one's token goes."""

    subject: str
    sender: str
    text: str
    html: str
    stop_url: str  # with the mark in it
    mark: str
    headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def sender_address(self) -> str:
        return parseaddr(self.sender)[1]

    def filled(self, text: str, token: str) -> str:
        return text.replace(self.mark, token)

    def own_headers(self, letter: Letter) -> dict[str, str]:
        return {
            "Message-ID": letter.message_id,
            "Date": format_datetime(letter.date),
            "List-Unsubscribe": f"<{self.filled(self.stop_url, letter.token)}>",
        }

    def message(self, letter: Letter) -> EmailMultiAlternatives:
        """One copy as Django knows mails, for backends that take nothing else."""
        words = mail.Words(
            self.subject, self.filled(self.text, letter.token), self.filled(self.html, letter.token)
        )
        headers = self.headers | self.own_headers(letter)
        message = mail.message(
            words, to=letter.to, sender=self.sender, sent_at=letter.date, headers=headers
        )
        message.metadata = {"delivery": letter.mark}  # type: ignore[attr-defined]  # for anymail
        return message

    def on_the_wire(self, letter: Letter) -> bytes:
        """One copy as it goes over the wire; no line begins with a full stop."""
        date = format_datetime(letter.date).encode()
        token = letter.token.encode()
        return b"".join(
            (
                *(b"To: ", letter.to.encode(), b"\r\nMessage-ID: ", letter.message_id.encode()),
                *(b"\r\nDate: ", date, b"\r\nList-Unsubscribe: <"),
                *(self._stop_url[0], token, self._stop_url[1], b">\r\n"),
                token.join(self._rest),
            )
        )

    @cached_property
    def _stop_url(self) -> tuple[bytes, bytes]:
        before, _mark, after = self.stop_url.encode().partition(self.mark.encode())
        return before, after

    @cached_property
    def _rest(self) -> list[bytes]:
        """Everything that all copies share, cut where the token goes."""
        text, html = (_quoted(part.split(self.mark)) for part in (self.text, self.html))
        pieces = [self._head + _opening("plain") + text[0], *text[1:]]
        pieces[-1] += LINE + _opening("html") + html[0]
        pieces += html[1:]
        pieces[-1] += LINE + b"--" + EDGE + b"--" + LINE
        return pieces

    @cached_property
    def _head(self) -> bytes:
        """The shared headers, encoded and folded as Django does it."""
        own = {"Message-ID": "-", "Date": "-"}
        shared = EmailMultiAlternatives(
            self.subject, "", self.sender, headers=own | self.headers
        ).message()
        for name in (*own, "To", "Content-Type", "Content-Transfer-Encoding"):
            del shared[name]
        lines = shared.as_bytes(linesep="\r\n").rstrip() + LINE  # type: ignore[call-arg]
        return lines + b'Content-Type: multipart/alternative; boundary="' + EDGE + b'"' + LINE * 2


def _opening(kind: str) -> bytes:
    return (
        b"--" + EDGE + LINE + f'Content-Type: text/{kind}; charset="utf-8"'.encode() + LINE
        + b"Content-Transfer-Encoding: quoted-printable" + LINE * 2
    )  # fmt: skip


def _quoted(pieces: list[str]) -> list[bytes]:
    """Quoted-printable pieces that fit together with any plain word between them."""
    coded = [_quoted_printable(piece) for piece in pieces]
    last = len(coded) - 1
    return [
        (SOFT_BREAK if place else b"") + piece + (SOFT_BREAK if place < last else b"")
        for place, piece in enumerate(coded)
    ]


def _quoted_printable(text: str) -> bytes:
    bytes_as_text = text.encode().decode("latin-1")
    coded = quoprimime.body_encode(bytes_as_text, maxlinelen=WIDTH, eol="\r\n").encode("ascii")
    return re.sub(rb"(?m)^\.", b"=2E", coded)
