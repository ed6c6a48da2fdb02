"""How a mail leaves: whatever EMAIL_URL chose, and what an error of it means."""

from __future__ import annotations

import enum
import os
import smtplib
import socket
import time
from pathlib import Path

import requests
from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from newsletter import tokens


class Outcome(enum.Enum):
    """What a failed handover means for the mail."""

    RETRY = "surely not accepted"
    REFUSED = "permanent for this recipient"
    UNCERTAIN = "perhaps accepted"


def send(message: EmailMessage) -> None:
    """Hand one mail over, or raise."""
    message.send()


def outcome(error: Exception) -> Outcome:
    """Sort an error of `send` into the three classes that the outbox acts on.

    Only what is known never to have reached the far side may be repeated without a thought.
    """
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
    if isinstance(error, FileNotFoundError | PermissionError):
        return Outcome.RETRY  # files: nothing was written
    status = getattr(error, "status_code", None)
    if status is not None and 400 <= status < 500:
        return Outcome.RETRY
    return Outcome.UNCERTAIN


class FileBackend(BaseEmailBackend):
    """Each mail becomes one `.eml` file in EMAIL_FILE_PATH, whole or not at all."""

    def send_messages(self, messages) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = f"{time.time_ns()}-{tokens.public_id()}.eml"
            part = folder / f".{name}"
            part.write_bytes(message.message().as_bytes(linesep="\r\n"))
            os.replace(part, folder / name)
        return len(messages)
