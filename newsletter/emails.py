"""One function per mail: it takes rows, returns a message, sends nothing."""

from __future__ import annotations

from django.core.mail import EmailMessage


def confirmation(confirmation) -> EmailMessage:
    raise NotImplementedError


def issue(delivery) -> EmailMessage:
    raise NotImplementedError
