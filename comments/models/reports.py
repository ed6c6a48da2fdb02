"""Reports: readers say what is wrong with a reply. Three of them in a day ask for a look."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import retention

from .replies import Comment
from .states import Actor

HOLD_AT = 3  # clients in a day


class ReportQuerySet(models.QuerySet["Report"]):
    @transaction.atomic
    def take(self, comment: Comment, *, reason: str, client: str) -> bool:
        """One reader's word, counted once a day. Enough of them hold the reply; none deletes it.

        False: they said so already, or it is not on the page any more.
        """
        shown = Comment.objects.published().select_for_update(of=("self",))
        reported = shown.filter(pk=comment.pk).first()
        if reported is None:
            return False
        said = {"revision": reported.revision, "client": client}
        made = self.get_or_create(comment=reported, **said, defaults={"reason": reason})[1]
        if made:
            self._weigh(reported, reason)
        return made

    def today(self) -> ReportQuerySet:
        """Those whose clients can be told apart: their hash changes when the day does."""
        return self.exclude(client=None).filter(created_at__gte=_midnight())

    def unsettled(self) -> ReportQuerySet:
        """About words that are on the page, and of which nobody has said that they stay."""
        shown = Comment.objects.published().filter(
            ~Q(kept_revision=F("revision")) | Q(kept_revision=None),
            pk=OuterRef("comment"),
            revision=OuterRef("revision"),
        )
        # From each report to its reply: joined, SQLite goes through all that are published.
        return self.filter(Exists(shown))

    def by_reason(self) -> list[tuple[str, int]]:
        """How often which reason was given, in words, the most frequent first."""
        counted = self.order_by().values_list("reason").annotate(n=models.Count("pk"))
        said = counted.order_by("-n", "reason")
        return [(str(Report.Reason(reason).label), count) for reason, count in said]

    def settle(self) -> int:
        """Whoever moderates has looked: the replies stay; says how many."""
        return Comment.objects.filter(pk__in=self.unsettled().values("comment")).update(
            kept_revision=F("revision")
        )

    def forget_clients(self) -> int:
        """A day later nobody can be told from the codes, and nothing is counted by them."""
        old = self.filter(client__isnull=False, created_at__lt=retention.limit("report clients"))
        return old.update(client=None)

    def forget_old(self) -> int:
        return retention.delete_some(self.filter(created_at__lt=retention.limit("reader reports")))

    def _weigh(self, comment: Comment, reason: str) -> None:
        """Authors answer for their own words: reports on those are counted and shown, no more."""
        if reason == Report.Reason.WORRIED:
            comment.raise_alarm()
        so_far = self.today().filter(comment=comment, revision=comment.revision).count()
        if so_far < HOLD_AT or comment.author_id is not None:
            return
        # The same words are taken down by reports once: what staff shows again, stays.
        before = comment.decisions.filter(actor=Actor.READERS, revision=comment.revision)
        if not before.exists():
            comment.hold_for_review()


class Report(models.Model):
    """One reader's word about one revision of a reply. No account, no address, no free text."""

    class Reason(models.TextChoices):
        HARM = "harm", _("It could harm somebody")
        PERSONAL = "personal", _("It tells something private about a person")
        SELLS = "sells", _("It sells something")
        UNKIND = "unkind", _("It is unkind to somebody")
        WORRIED = "worried", _("I am worried about who wrote it")
        OTHER = "other", _("Something else")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reports")
    revision = models.PositiveSmallIntegerField()
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    # That day's hash of the client, for counting; wiped when the day is over.
    client = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField(_("reported"), default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report by a reader")
        verbose_name_plural = _("reports by readers")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "revision", "client"], name="report_once_a_client"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="report_created")]

    def __str__(self) -> str:
        return _("report %(pk)s") % {"pk": self.pk}


def _midnight() -> datetime:
    return datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)
