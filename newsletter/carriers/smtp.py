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
from .talk import LINE, Answer, Talk

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter

STALE_SECONDS = 5.0  # unused for longer, a server may have hung up
TAKES, GO_ON, GOODBYE = {250, 251}, 354, 421
END = b"." + LINE


class Smtp(Carrier):
    reports = False

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._smtp: smtplib.SMTP | None = None
        self._talk: Talk | None = None
        self._used_at = 0.0

    def send(self, message: EmailMessage) -> None:
        data = mail.as_bytes(message)
        data = re.sub(rb"(?m)^\.", b"..", data)
        self._hand_over(parseaddr(message.from_email)[1], message.to[0], data)

    def send_letter(self, form: Form, letter: Letter) -> None:
        self._hand_over(form.sender_address, letter.to, form.on_the_wire(letter))

    def close(self) -> None:
        if self._talk is not None:
            with contextlib.suppress(Exception):
                self._talk.say(b"QUIT" + LINE)
        self._drop()

    def _hand_over(self, sender: str, to: str, data: bytes) -> None:
        kept = self._is_fresh()
        try:
            self._envelope(sender, to)
        except (NotTaken, smtplib.SMTPException):
            if not kept or self._talk is not None:
                raise
            self._envelope(sender, to)  # only the kept connection had come to its end
        self._content(data)
        self._used_at = time.monotonic()

    def _is_fresh(self) -> bool:
        if self._talk is not None and time.monotonic() - self._used_at > STALE_SECONDS:
            self.close()
        return self._talk is not None

    def _connected(self) -> Talk:
        if self._talk is None:
            backend: Any = get_connection()  # Django knows how to greet, encrypt and log in
            try:
                backend.open()
                backend.connection.ehlo_or_helo_if_needed()
                self._smtp, self._talk = backend.connection, Talk(backend.connection)
            except Exception as error:  # whatever fails here, nothing was accepted
                raise NotTaken from error
            self._used_at = time.monotonic()
        return self._talk

    def _envelope(self, sender: str, to: str) -> None:
        """All up to the moment in which the server wants to see the mail."""
        talk = self._connected()
        try:
            answers = talk.ask_all(f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA")
            if refused := _refusal(answers, sender, to):
                self._give_up(talk, answers)
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
        talk = self._connected()
        try:
            code, words = talk.say(data + END if data.endswith(LINE) else data + LINE + END)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise Unanswered from error
        if 400 <= code <= 599:
            self._give_up(talk, [(code, words)])
            raise smtplib.SMTPDataError(code, words)
        if not 200 <= code <= 299:  # not an answer to this; and what comes next is none either
            self._drop()
            raise Unanswered from smtplib.SMTPDataError(code, words)

    def _give_up(self, talk: Talk, answers: list[Answer]) -> None:
        """This mail is over; keep the connection for the next one if the server does."""
        codes = [code for code, _words in answers]
        # Also one that wants to see a mail all the same: it might take whatever we say for one.
        if GOODBYE in codes or -1 in codes or codes[-1] == GO_ON:
            self._drop()
            return
        try:
            if talk.say(b"RSET" + LINE)[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp, self._talk = self._smtp, None, None
        if smtp is not None:
            with contextlib.suppress(Exception):
                smtp.close()


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
