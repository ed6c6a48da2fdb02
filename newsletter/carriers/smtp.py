"""SMTP over one kept connection, knowing at each moment whether the mail can have been taken."""

from __future__ import annotations

import contextlib
import re
import smtplib
import time
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMessage, get_connection

from newsletter import mail

from .base import Carrier, NotTaken, Unanswered

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter

STALE_SECONDS = 5.0  # unused for longer, a server may have hung up
LINE = b"\r\n"
GO_ON = 354
ANSWER_SECONDS, MOST_WORDS = 20.0, 8192
REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(\d{3})(?: ([^\n]*))?\r?\n", re.DOTALL)
NO_REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(?!\d{3}[ -]|\d{3}\r?\n)[^\n]*\n", re.DOTALL)


class Smtp(Carrier):
    reports = False

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0

    def send(self, message: EmailMessage) -> None:
        data = mail.as_bytes(message)
        data = re.sub(rb"(?m)^\.", b"..", data)
        self._hand_over(parseaddr(message.from_email)[1], message.to[0], data)

    def send_letter(self, form: Form, letter: Letter) -> None:
        self._hand_over(form.sender_address, letter.to, form.on_the_wire(letter))

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(Exception):
                smtp.quit()

    def _hand_over(self, sender: str, to: str, data: bytes) -> None:
        kept = self._is_fresh()
        try:
            self._envelope(sender, to)
        except (NotTaken, smtplib.SMTPException):
            if not kept or self._smtp is not None:
                raise
            self._envelope(sender, to)  # only the kept connection had come to its end
        self._content(data)
        self._used_at = time.monotonic()

    def _is_fresh(self) -> bool:
        if self._smtp is not None and time.monotonic() - self._used_at > STALE_SECONDS:
            self.close()
        return self._smtp is not None

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            backend: Any = get_connection()  # Django knows how to greet, encrypt and log in
            try:
                backend.open()
                backend.connection.ehlo_or_helo_if_needed()
            except Exception as error:  # whatever fails here, nothing was accepted
                raise NotTaken from error
            self._smtp = backend.connection
            self._used_at = time.monotonic()
        return self._smtp

    def _envelope(self, sender: str, to: str) -> None:
        """All up to the moment in which the server wants to see the mail."""
        smtp = self._connected()
        try:
            told = _ask(smtp, f"MAIL FROM:<{sender}>")
            self._expect(smtp, told, 250, smtplib.SMTPSenderRefused, sender)
            code, reply = _ask(smtp, f"RCPT TO:<{to}>")
            if code not in {250, 251}:
                self._give_up(smtp, code)
                raise smtplib.SMTPRecipientsRefused({to: (code, reply)})
            self._expect(smtp, _ask(smtp, "DATA"), GO_ON, smtplib.SMTPDataError)
        except ValueError as error:  # an address that no envelope can hold: nothing was said
            raise NotTaken from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
                raise
            self._drop()
            raise NotTaken from error

    def _content(self, data: bytes) -> None:
        """From here on nobody can know, until an answer comes."""
        smtp = self._connected()
        try:
            smtp.send(data + b"." + LINE if data.endswith(LINE) else data + LINE + b"." + LINE)
            code, reply = _answer(smtp)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise Unanswered from error
        if 400 <= code <= 599:
            self._give_up(smtp, code)
            raise smtplib.SMTPDataError(code, reply)
        if not 200 <= code <= 299:  # not an answer to this; and what comes next is none either
            self._drop()
            raise Unanswered from smtplib.SMTPDataError(code, reply)

    def _expect(self, smtp, answer, wanted, error: type, *more) -> None:
        code, reply = answer
        if code != wanted:
            self._give_up(smtp, code)
            raise error(code, reply, *more)

    def _give_up(self, smtp: smtplib.SMTP, code: int) -> None:
        """This mail is over; keep the connection for the next one if the server does."""
        if code == 421:
            self._drop()
            return
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(Exception):
                smtp.close()


def _ask(smtp: smtplib.SMTP, line: str) -> tuple[int, bytes]:
    """Say a line, hear the answer.

    Not smtplib's own mail() and rcpt(): they take each address apart once more, which costs as much
    as the rest of a mail. Nor its getreply(): a server that lets its answer drip, a letter each
    time before the time-out, would keep us for ever.
    """
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    if not line.isprintable():
        raise ValueError("not fit for an envelope")
    smtp.sock.sendall(line.encode("ascii") + LINE)
    return _answer(smtp)


def _answer(smtp: smtplib.SMTP) -> tuple[int, bytes]:
    """Code and words of one reply of one or more lines; at most ANSWER_SECONDS and a time-out."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    end, heard = time.monotonic() + ANSWER_SECONDS, b""
    while not (found := REPLY.fullmatch(heard)):
        more = smtp.sock.recv(MOST_WORDS)
        if not more:
            raise smtplib.SMTPServerDisconnected
        heard += more
        if len(heard) > MOST_WORDS or NO_REPLY.match(heard):
            return -1, heard[:80]
        if time.monotonic() > end:
            raise TimeoutError
    return int(found[1]), found[2].strip()
