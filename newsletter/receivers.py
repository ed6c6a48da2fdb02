"""The one signal that we listen to: anymail's, when a company reports about a mail."""

from __future__ import annotations

from anymail.signals import tracking
from django.dispatch import receiver

from newsletter.models import MailEvent


@receiver(tracking)
def note(sender, event, esp_name: str, **kwargs) -> None:
    """Keep it and be done: companies wait for the answer only for seconds."""
    MailEvent.objects.note(esp_name, event)
