"""SMTP over one kept connection, knowing at each moment whether the mail can have been taken."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import time
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from newsletter import mail

from .base import Carrier, NotTaken, Unanswered

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter

STALE_SECONDS = 5.0  # unused for longer, a server may have hung up
LINE, LF = b"\r\n", b"\n"
GO_ON = 354
ANSWER_SECONDS, GOODBYE_SECONDS = 20.0, 1.0
MOST_WORDS = 8192


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
                if smtp.sock:
                    smtp.sock.settimeout(GOODBYE_SECONDS)  # a router may have forgotten it
                    smtp.quit()
            with contextlib.suppress(Exception):
                smtp.close()

    def _hand_over(self, sender: str, to: str, data: bytes) -> None:
        begun, kept = time.monotonic(), self._is_fresh()
        try:
            self._envelope(sender, to)
        except (NotTaken, smtplib.SMTPException):
            if not kept or self._smtp is not None:
                raise
            self._envelope(sender, to)  # only the kept connection had come to its end
        # Each step in time, and all of them too late: by the end, the lease would be over.
        if time.monotonic() - begun > settings.MAIL_LEASE.total_seconds() / 2:
            self._drop()
            raise NotTaken from TimeoutError()
        self._content(data)
        self._used_at = time.monotonic()

    def _is_fresh(self) -> bool:
        if self._smtp is not None and time.monotonic() - self._used_at > STALE_SECONDS:
            self.close()
        return self._smtp is not None

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            backend: Any = _Backend()
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
            code, reply = smtp.getreply()
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
        """This mail is over; keep the connection for the next one if the server does.

        Not after an answer that is none, or to something else: all that come next would be too.
        """
        if code == 421 or not 400 <= code <= 599:
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


class _Lines:
    """What a server says, line by line; `end` is when its answer must be complete.

    smtplib's own reading has a time-out for each letter: a server that lets its answer drip would
    keep us for ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._heard = sock, b""
        self.end, self.most = 0.0, 0

    def readline(self, _most: int) -> bytes:
        while LF not in self._heard:
            if time.monotonic() > self.end:
                raise TimeoutError
            if not (more := self._sock.recv(MOST_WORDS)):
                return b""
            self._heard += more
        line, mark, self._heard = self._heard.partition(LF)
        self.most -= len(line)
        if self.most < 0:
            raise OSError("no end of words")
        return line + mark

    def close(self) -> None:
        pass  # the socket is smtplib's


class _InTime:
    """Of smtplib's connections: the whole answer has its time, from the greeting on."""

    sock: Any
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _Lines(self.sock)
        self.file.end, self.file.most = time.monotonic() + ANSWER_SECONDS, MOST_WORDS
        return super().getreply()  # type: ignore[misc]


class _Plain(_InTime, smtplib.SMTP):
    pass


class _Encrypted(_InTime, smtplib.SMTP_SSL):
    pass


class _Backend(EmailBackend):
    """Django knows how to greet, encrypt and log in."""

    @property
    def connection_class(self):
        return _Encrypted if self.use_ssl else _Plain


def _ask(smtp: smtplib.SMTP, line: str) -> tuple[int, bytes]:
    """Say a line, hear the answer.

    Not smtplib's own mail() and rcpt(): they take each address apart once more, which costs as much
    as the rest of a mail.
    """
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    if not line.isprintable():
        raise ValueError("not fit for an envelope")
    smtp.sock.sendall(line.encode("ascii") + LINE)
    return smtp.getreply()
