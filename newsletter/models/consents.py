"""What people agreed to: which words, on which page, and when they proved it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post

from .people import Subscriber

CONSENT_WORDING = "2026-11"  # the version of the sentences in the sign-up box


class ConsentQuerySet(models.QuerySet["Consent"]):
    def agree_to_replies(
        self, subscriber: Subscriber, *, page: str, given_at: datetime | None = None
    ) -> Consent:
        """Yes to mails about replies, proved by this address's own mailbox."""
        now = timezone.now()
        return self.create(
            subscriber=subscriber,
            what=Consent.What.REPLIES,
            wording=CONSENT_WORDING,
            page=page,
            given_at=given_at or now,
            confirmed_at=now,
        )

    def give(self, subscriber: Subscriber, *, page: str) -> Consent:
        """Yes to letters, said on a page that only their own mail leads to."""
        return self.create(
            subscriber=subscriber, wording=CONSENT_WORDING, page=page, confirmed_at=timezone.now()
        )


class Consent(models.Model):
    """One thing that a person agreed to. No network address, no browser: only what they said."""

    class What(models.TextChoices):
        LETTERS = "letters", _("letters")
        STORY = "story", _("news on a story")
        REPLIES = "replies", _("mails about replies")

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    what = models.CharField(_("to what"), max_length=8, choices=What.choices, default=What.LETTERS)
    story = models.ForeignKey(
        Post, models.SET_NULL, null=True, related_name="+", verbose_name=_("story")
    )
    wording = models.CharField(_("version of the words"), max_length=200)
    page = models.CharField(_("page"), max_length=40)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at"]

    def __str__(self) -> str:
        return f"{self.wording} {self.given_at:%Y-%m-%d}"
