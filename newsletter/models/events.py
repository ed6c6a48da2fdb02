"""Reports, from a company or by mail: what happened to a mail after it was taken."""

from __future__ import annotations

import json
from datetime import timedelta

from anymail.signals import AnymailTrackingEvent
from celery import shared_task
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from newsletter import bounces, retention

from .evidence import Witnessed, kinds

SOON = timedelta(minutes=1)  # what was rung for is weighed by then
ID_LENGTH = 64
MAILBOX = "mailbox"  # reports that came by mail, see reports.py


class MailEventQuerySet(models.QuerySet["MailEvent"]):
    def note(self, provider: str, event: AnymailTrackingEvent) -> MailEvent:
        """Keep what a report says, without address or text, and ring for somebody to weigh it.

        The same one again changes nothing.
        """
        answer = event.mta_response or event.description or ""
        reject_reason, code = bounces.heard(answer, _reject_reason(event))
        noted, _made = self.get_or_create(
            provider=provider,
            event_id=_own_id(event),
            kind=event.event_type,
            defaults={
                "mark": _short((event.metadata or {}).get("delivery"), 32),
                "message_id": _short(event.message_id, 200),
                "at": event.timestamp or timezone.now(),
                "reject_reason": reject_reason,
                "code": code,
            },
        )
        if noted.weighed_at is None:
            weigh_event.delay_on_commit(noted.pk)  # type: ignore[attr-defined]
        return noted

    def by_mail(self) -> MailEventQuerySet:
        """Those that came as mails themselves: see mailboxes.py."""
        return self.filter(provider=MAILBOX)

    def forgotten(self) -> MailEventQuerySet:
        """Noted a while ago and never weighed: their ring was lost."""
        return self.filter(weighed_at=None, noted_at__lte=timezone.now() - SOON).order_by("pk")

    def forget_old(self) -> int:
        """Delete some of the reports that were weighed, once companies repeat them no more."""
        old = self.filter(weighed_at__isnull=False, noted_at__lt=retention.limit("reports"))
        return retention.delete_some(old)


class MailEvent(models.Model):
    """One report. No address, no text: it names its mail by the mark that went along."""

    provider = models.CharField(_("company"), max_length=20)
    event_id = models.CharField(max_length=ID_LENGTH)
    kind = models.CharField(_("what happened"), max_length=16)  # anymail's word
    mark = models.CharField(max_length=32, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("when"))
    reject_reason = models.CharField(_("reason"), max_length=16, blank=True)  # anymail's word
    code = models.CharField(_("the mail server’s code"), max_length=16, blank=True)
    noted_at = models.DateTimeField(_("noted"), default=timezone.now)
    weighed_at = models.DateTimeField(_("weighed"), null=True)

    objects = MailEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("report about a mail")
        verbose_name_plural = _("reports about mails")
        ordering = ["-noted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id", "kind"], name="mail_event_noted_once"
            ),
        ]
        indexes = [models.Index(fields=["weighed_at", "noted_at"], name="mail_event_weighed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @transaction.atomic
    def weigh(self) -> bool:
        """Let the mail that it is about learn from it. False: that was done already."""
        unweighed = MailEvent.objects.filter(pk=self.pk, weighed_at=None)
        if not unweighed.update(weighed_at=timezone.now()):
            return False
        if mail := mail_with(self.mark, self.message_id):
            mail.learn(self.kind, at=self.at, reject_reason=self.reject_reason, code=self.code)
        return True


def mail_with(mark: str, message_id: str) -> Witnessed | None:
    """The row of whichever kind, known by a mark or a Message-ID that only this site can make."""
    mails = [kind.objects for kind in kinds()]
    marked = (those.with_mark(mark) for those in mails)
    named = (those.with_message_id(message_id) for those in mails)
    return next((mail for mail in (*marked, *named) if mail), None)


@shared_task(ignore_result=True)
def weigh_event(pk: int) -> None:
    """Take in one report about a mail."""
    if event := MailEvent.objects.filter(pk=pk).first():
        event.weigh()


def _own_id(event: AnymailTrackingEvent) -> str:
    """The company's own name for the report, or a keyed hash of what it says."""
    if event.event_id and len(str(event.event_id)) <= ID_LENGTH:
        return _short(event.event_id, ID_LENGTH)
    said = event.event_id or json.dumps(event.esp_event, sort_keys=True, default=str)
    return salted_hmac("newsletter.events", said, algorithm="sha256").hexdigest()


def _reject_reason(event: AnymailTrackingEvent) -> str:
    """Resend says only in its own words that a bounce will pass (a full mailbox)."""
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    data = raw.get("data")
    bounce = data.get("bounce") if isinstance(data, dict) else None
    passing = isinstance(bounce, dict) and bounce.get("type") in {"Transient", "Undetermined"}
    return "timed_out" if passing else _short(event.reject_reason, 16)


def _short(value: object, length: int) -> str:
    """Fit for a column: databases refuse some of what may stand in a report."""
    return "".join(c for c in str(value or "") if c.isprintable())[:length]
