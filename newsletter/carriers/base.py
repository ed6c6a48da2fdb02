"""What every carrier can do, and what an error of any of them means for the mail."""

from __future__ import annotations

import contextlib
import enum
import re
import smtplib
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import requests
from anymail.exceptions import (
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.signals import RejectReason
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from newsletter import providers
from newsletter.bounces import Blame, blame, heard

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter

# Raised while a call is put together: no word of it was said.
UNSPEAKABLE = (AnymailInvalidAddress, AnymailSerializationError, AnymailUnsupportedFeature)
# What a company may say of one recipient, in anymail's words, in an answer that is a yes.
REFUSALS = {"invalid", "rejected", "failed"}
# How requests and urllib3 spell that no request was sent.
NOT_CONNECTED = re.compile(
    "NewConnectionError|NameResolution|ConnectTimeout|CERTIFICATE_VERIFY_FAILED"
)


class Meaning(enum.Enum):
    """What a failed handover means for the mail, or for all that go with it."""

    RETRY = "surely not accepted"
    REFUSED = "permanent for this recipient"
    UNCERTAIN = "perhaps accepted"
    # For a whole call:
    REST = "surely not accepted, and the next one would not be either"
    POISON = "something in this call can never be accepted"
    TAKEN = "accepted before, by the same key"


class NotTaken(Exception):
    """Nothing left this machine: why, says its cause."""


class Unanswered(Exception):
    """It was handed over, and no answer came: why, says its cause."""


class AlreadyTaken(Exception):
    """The provider knows this key: an earlier call with it was accepted."""


class Carrier:
    """One way out. A thread has its own, and keeps its connection between mails."""

    # How many letters one call takes. 1: each is written down before it is handed over.
    most = 1
    # Whether reports come back, which find their delivery by its mark.
    reports = True
    # For how long a call may be repeated under its key without harm; None: never.
    repeats_for: timedelta | None = None
    # Whether it takes all of a call or nothing: then a report about one is proof for all.
    takes_whole_calls = False

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, message: EmailMessage) -> None:
        """Hand one mail over, or raise."""
        raise NotImplementedError

    def send_letter(self, form: Form, letter: Letter) -> None:
        """Hand one person's copy over, or raise."""
        self.send(form.message(letter))

    def send_letters(self, form: Form, letters: list[Letter], *, key: str) -> dict[str, str]:
        """Hand many copies over in one call, or raise; says who was refused, and why: to -> reason.

        Only carriers with `most` above 1 can.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give the connection back; the next mail opens another one."""


class OneByOne(Carrier):
    """Any backend of Django's or anymail's, mail by mail."""

    def send(self, message: EmailMessage) -> None:
        try:
            untracked(message)
            connection = get_connection()
            connection.open()
        except Exception as error:  # greeting and login: whatever fails there, nothing was accepted
            raise NotTaken from error
        try:
            connection.send_messages([message])
        finally:
            with contextlib.suppress(Exception):  # whether it was taken has been said by now
                connection.close()
        self.check(message)

    def check(self, message: EmailMessage) -> None:
        """A provider may answer 200 and refuse the recipient all the same."""
        status = getattr(message, "anymail_status", None)
        if status and status.status and status.status <= REFUSALS:
            raise AnymailRecipientsRefused(message=str(status.status))


def untracked(message: EmailMessage) -> None:
    """No pixel and no rewritten link, whatever the account of the provider is set to."""
    provider = providers.of(settings.EMAIL_BACKEND)
    if provider and provider.tracks:
        message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]


def meaning(error: Exception) -> Meaning:
    """Sort an error of a carrier into the classes that the outbox acts on.

    Only what is known never to have reached the far side may be repeated without a thought.
    """
    if isinstance(error, NotTaken):
        return Meaning.REST
    if isinstance(error, AlreadyTaken):
        return Meaning.TAKEN
    if isinstance(error, Unanswered):
        return Meaning.UNCERTAIN
    if isinstance(error, AnymailRecipientsRefused):
        return Meaning.REFUSED
    if isinstance(error, smtplib.SMTPException):
        return _smtp(error)
    if isinstance(error, UNSPEAKABLE):
        return Meaning.POISON
    if isinstance(error, ConnectionRefusedError | socket.gaierror) or _never_connected(error):
        return Meaning.REST
    return _http(getattr(error, "status_code", None))


def _smtp(error: smtplib.SMTPException) -> Meaning:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        if 421 in codes:
            return Meaning.REST
        return Meaning.REFUSED if codes and min(codes) >= 500 else Meaning.RETRY
    if isinstance(error, smtplib.SMTPDataError):
        if error.smtp_code == 421:
            return Meaning.REST
        return Meaning.REFUSED if error.smtp_code >= 500 else Meaning.RETRY
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Meaning.UNCERTAIN
    return Meaning.REST  # before DATA: greeting, login, sender


def _http(status: int | None) -> Meaning:
    if status in {400, 413, 422}:
        return Meaning.POISON
    if status is not None and 400 <= status < 500:
        return Meaning.REST  # the key is wrong, or we are too fast: it would be so for each
    return Meaning.UNCERTAIN


def _never_connected(error: BaseException) -> bool:
    """No request was sent: anymail wraps requests, which wraps urllib3, which wraps the reason."""
    reason: BaseException | None = error
    while reason is not None:
        is_http = isinstance(reason, requests.exceptions.ConnectionError)
        if is_http and NOT_CONNECTED.search(repr(reason)):
            return True
        reason = reason.__cause__
    return False


def whose_fault(error: Exception) -> Blame | None:
    """What a mail server's no means for the address; None when it was about something else."""
    if meaning(error) is Meaning.REST:
        return None
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, words), *_others] = error.recipients.values()
        return blame(*heard(f"{code} {_text(words)}"))
    if isinstance(error, smtplib.SMTPDataError):  # it has seen the letter: only a clear word counts
        return blame(*heard(f"{error.smtp_code} {_text(error.smtp_error)}", RejectReason.OTHER))
    return None


def _text(words: bytes | str) -> str:
    return words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)


def asked_to_wait(error: BaseException | None) -> timedelta | None:
    """What a Retry-After in seconds asks for, at most an hour."""
    response = getattr(error, "response", None)
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return timedelta(seconds=min(int(text), 3600)) if text.isdecimal() else None


def name(error: Exception) -> str:
    """An error by its class and code: its text may hold an address."""
    cause = error.__cause__ if isinstance(error, NotTaken | Unanswered) else None
    named = cause or error
    code = getattr(named, "smtp_code", None) or getattr(named, "status_code", None)
    if isinstance(named, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in named.recipients.values()), None)
    return f"{type(named).__name__} {code}" if code else type(named).__name__
