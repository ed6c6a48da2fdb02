"""The mails of alerts: one function each. No word of a reply, no name, no post is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from blog.models import Publication
from newsletter import emails, mail

if TYPE_CHECKING:
    from comments.models import Alert


def care(alert: Alert) -> EmailMessage:
    return _to_staff(alert, "care", count=alert.needing_care, url=settings.SITE_URL + alert.page)


def flood(alert: Alert) -> EmailMessage:
    url = settings.SITE_URL + reverse("admin:comments_comment_changelist")
    return _to_staff(alert, "flood", url=url, **alert.of_flood)


BY_KIND: dict[str, Callable[[Alert], EmailMessage]] = {"care": care, "flood": flood}


def _to_staff(alert: Alert, name: str, **facts: Any) -> EmailMessage:
    publication = Publication.current()
    return mail.message(
        mail.render(f"comments/emails/{name}", facts, publication),
        to=alert.user.email,
        sender=publication.sender_called(publication.name),
        sent_at=alert.first_tried_at,
        headers={
            "Message-ID": emails.message_id(publication, "a", str(alert.pk)),
            "Auto-Submitted": "auto-generated",
        },
    )
