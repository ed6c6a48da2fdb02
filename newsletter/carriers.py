"""How a mail leaves: whatever EMAIL_URL chose, and what an error of it means."""

from __future__ import annotations

import contextlib
import enum
import os
import smtplib
import socket
import time
from pathlib import Path

import requests
from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from newsletter import tokens


class Outcome(enum.Enum):
    """What a failed handover means for the mail."""

    RETRY = "surely not accepted"
    REFUSED = "permanent for this recipient"
    UNCERTAIN = "perhaps accepted"


class NotTaken(Exception):
    """Nothing left this machine: why, says its cause."""


def send(message: EmailMessage) -> None:
    """Hand one mail over, or raise."""
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:  # greeting and login: whatever fails there, no mail was accepted
        raise NotTaken from error
    try:
        connection.send_messages([message])
    finally:
        with contextlib.suppress(Exception):  # whether it was taken has been said by now
            connection.close()


def outcome(error: Exception) -> Outcome:
    """Sort an error of `send` into the three classes that the outbox acts on.

    Only what is known never to have reached the far side may be repeated without a thought.
    """
    if isinstance(error, NotTaken):
        return Outcome.RETRY
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome.REFUSED
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Outcome.REFUSED if codes and min(codes) >= 500 else Outcome.RETRY
    if isinstance(error, smtplib.SMTPDataError):
        return Outcome.REFUSED if error.smtp_code >= 500 else Outcome.RETRY
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Outcome.UNCERTAIN
    if isinstance(error, smtplib.SMTPException):
        return Outcome.RETRY  # before DATA: greeting, login, sender
    if isinstance(error, requests.exceptions.ConnectTimeout | ConnectionRefusedError):
        return Outcome.RETRY
    if isinstance(error, socket.gaierror):
        return Outcome.RETRY
    status = getattr(error, "status_code", None)
    if status is not None and 400 <= status < 500:
        return Outcome.RETRY
    return Outcome.UNCERTAIN


class FileBackend(BaseEmailBackend):
    """Each mail becomes one `.eml` file in EMAIL_FILE_PATH, whole or not at all."""

    def send_messages(self, messages) -> int:
        try:
            for message in messages:
                self._write(message.message().as_bytes(linesep="\r\n"))
        except OSError as error:
            raise NotTaken from error
        return len(messages)

    def _write(self, mail: bytes) -> None:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{tokens.public_id()}.eml"
        part = folder / f".{name}"
        part.write_bytes(mail)
        os.replace(part, folder / name)
