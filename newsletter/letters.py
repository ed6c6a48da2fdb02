"""A letter's one form for many, and each person's copy of it: built once, filled per person."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
# One mailbox: nothing that would make two of it, unless a quoted name holds it.
ADDRESS = re.compile(r"""("[!#-\[\]-~]+"|[^\s@,;:<>()"\\]+)@[^\s@,;<>()"\\]+""")


@dataclass(frozen=True)
class Letter:
    """What differs from one person to the next."""

    to: str
    own: dict[str, str]  # tokens of their own links, by the name of the mark they stand for
    message_id: str
    date: datetime  # of the first attempt
    mark: str = ""  # how a provider's report finds the delivery

    def __post_init__(self) -> None:
        for part in (self.to, self.message_id, *self.own.values()):
            if not part.isascii() or not part.isprintable() or " " in part:
                raise ValueError("not fit for a header")
        if not ADDRESS.fullmatch(self.to):
            raise ValueError("not fit for a recipient")


@dataclass(frozen=True)
class Form:
    """A letter as everybody of one variant gets it, with marks where each one's tokens go."""

    subject: str
    sender: str
    text: str
    html: str
    stop_url: str  # with its mark in it
    marks: dict[str, str]  # each by its name; none of them is the beginning of another one
    headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def sender_address(self) -> str:
        return parseaddr(self.sender)[1]

    def filled(self, text: str, own: Mapping[str, str]) -> str:
        for name, mark in self.marks.items():
            text = text.replace(mark, own[name])
        return text

    def filled_alike(self, text: str, word: str) -> str:
        """For who only looks: the same word for every mark."""
        return self.filled(text, dict.fromkeys(self.marks, word))

    def own_headers(self, letter: Letter) -> dict[str, str]:
        return {
            "Message-ID": letter.message_id,
            "Date": format_datetime(letter.date),
            "List-Unsubscribe": f"<{self.filled(self.stop_url, letter.own)}>",
        }

    def message(self, letter: Letter) -> EmailMultiAlternatives:
        """One copy as Django knows mails, for backends that take nothing else."""
        words = mail.Words(
            self.subject, self.filled(self.text, letter.own), self.filled(self.html, letter.own)
        )
        headers = self.headers | self.own_headers(letter)
        message = mail.message(
            words, to=letter.to, sender=self.sender, sent_at=letter.date, headers=headers
        )
        message.metadata = {"delivery": letter.mark}  # type: ignore[attr-defined]  # for anymail
        return message

    def on_the_wire(self, letter: Letter) -> bytes:
        """One copy as it goes over the wire; no line begins with a full stop."""
        head = (
            f"To: {letter.to}\r\nMessage-ID: {letter.message_id}\r\n"
            f"Date: {format_datetime(letter.date)}\r\nList-Unsubscribe: <"
        )
        own = {name: token.encode() for name, token in letter.own.items()}
        pieces, names = self._shared
        filled = [b""] * (len(pieces) + len(names))
        filled[::2], filled[1::2] = pieces, [own[name] for name in names]
        return head.encode() + b"".join(filled)

    @cached_property
    def _shared(self) -> tuple[list[bytes], list[str]]:
        """What all copies share, cut where a token goes; and between two pieces, whose it is."""
        stop, *others = map(self._cut, (self.stop_url, self.text, self.html))
        text, html = (_quoted(pieces) for pieces, _names in others)
        pieces = [piece.encode() for piece in stop[0]]
        pieces[-1] += b">" + LINE + self._head + _opening("plain") + text[0]
        pieces += text[1:]
        pieces[-1] += LINE + _opening("html") + html[0]
        pieces += html[1:]
        pieces[-1] += LINE + b"--" + EDGE + b"--" + LINE
        return pieces, [name for _pieces, names in (stop, *others) for name in names]

    def _cut(self, text: str) -> tuple[list[str], list[str]]:
        """The pieces between the marks, and which mark was between each two."""
        names = {mark: name for name, mark in self.marks.items()}
        parts = re.split(f"({'|'.join(map(re.escape, names))})", text)
        return parts[::2], [names[mark] for mark in parts[1::2]]

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
