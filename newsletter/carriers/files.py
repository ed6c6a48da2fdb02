"""Mail into files: what a demo does, and what one looks at while developing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from newsletter import mail, tokens

from .base import Carrier, NotTaken

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter


def write(letter: bytes) -> None:
    """One `.eml` in EMAIL_FILE_PATH, whole or not at all."""
    folder = Path(settings.EMAIL_FILE_PATH)
    name = f"{time.time_ns()}-{tokens.public_id()}.eml"
    part = folder / f".{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(letter)
        os.replace(part, folder / name)
    except OSError as error:
        raise NotTaken from error


class Files(Carrier):
    reports = False

    def send(self, message: EmailMessage) -> None:
        write(mail.as_bytes(message))

    def send_letter(self, form: Form, letter: Letter) -> None:
        write(form.on_the_wire(letter))


class FileBackend(BaseEmailBackend):
    """For mail that does not come from the outbox, such as Django's own."""

    def send_messages(self, messages) -> int:
        for message in messages:
            write(mail.as_bytes(message))
        return len(messages)
