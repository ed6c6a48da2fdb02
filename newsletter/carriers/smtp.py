"""SMTP over one kept connection, knowing at each moment whether the mail can have been taken."""

from __future__ import annotations

import contextlib
import re
import smtplib
import time
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage

from newsletter import mail

from .base import Carrier, NotTaken, Unanswered
from .in_time import Backend

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter

STALE_SECONDS = 5.0  # unused for longer, a server may have hung up
GOODBYE_SECONDS = 1.0
LINE = b"\r\n"
TAKES, GO_ON, GOODBYE = {250, 251}, 354, 421
Answer = tuple[int, bytes]


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
            backend: Any = Backend()  # Django knows how to encrypt and log in
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
            answers = _ask_all(smtp, f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA")
            if refused := _refusal(answers, sender, to):
                self._give_up(smtp, answers)
                raise refused
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
            self._give_up(smtp, [(code, reply)])
            raise smtplib.SMTPDataError(code, reply)
        if not 200 <= code <= 299:  # not an answer to this; and what comes next is none either
            self._drop()
            raise Unanswered from smtplib.SMTPDataError(code, reply)

    def _give_up(self, smtp: smtplib.SMTP, answers: list[Answer]) -> None:
        """This mail is over; keep the connection for the next one if the server does.

        Not after an answer that is none, or to something else: all that come next would be too. Nor
        when it wants to see a mail all the same: it might take whatever we say for one.
        """
        codes = {code for code, _words in answers}
        odd = any(not 200 <= code <= 299 and not 400 <= code <= 599 for code in codes)
        if GOODBYE in codes or odd:
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


def _ask_all(smtp: smtplib.SMTP, *lines: str) -> list[Answer]:
    """Say these lines, hear what is answered to each; line by line, a no is the last.

    Not smtplib's own mail() and rcpt(): they take each address apart once more, which costs as much
    as the rest of a mail. Said at once (RFC 2920), two of four journeys are saved.
    """
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    if not all(line.isprintable() for line in lines):
        raise ValueError("not fit for an envelope")
    said = [line.encode("ascii") + LINE for line in lines]
    if smtp.has_extn("pipelining"):
        smtp.sock.sendall(b"".join(said))
        return [smtp.getreply() for _line in said]
    answers: list[Answer] = []
    for line in said:
        smtp.sock.sendall(line)
        answers.append(smtp.getreply())
        if not 200 <= answers[-1][0] < 400:
            break
    return answers


def _refusal(answers: list[Answer], sender: str, to: str) -> smtplib.SMTPException | None:
    """What the first no to an envelope is; None when the server waits for the mail."""
    (code, words), *others = answers
    if code != 250:
        return smtplib.SMTPSenderRefused(code, words, sender)
    (code, words), *others = others
    if code not in TAKES:
        return smtplib.SMTPRecipientsRefused({to: (code, words)})
    [(code, words)] = others
    return None if code == GO_ON else smtplib.SMTPDataError(code, words)
