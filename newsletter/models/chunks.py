"""Chunks: the deliveries that one worker took at once, and how they leave."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Publication
from newsletter import carriers, emails, tokens
from newsletter.letters import Form
from newsletter.outbox import Status
from newsletter.throttle import Bucket, Rest

from .batches import Batch
from .issues import Issue
from .people import Frequency
from .suppression import Suppression

if TYPE_CHECKING:
    from .delivering import Delivery

Meaning = carriers.Meaning


class Pausing(Exception):
    """The carrier takes nothing just now."""


class Chunk(models.Model):
    """Born at the claim, never at the freeze: so the carrier may change in mid-issue.

    Its key is the fence (whoever lost the lease holds an old key, and settles nothing) and the
    idempotency key that a provider gets with the call.
    """

    key = models.CharField(
        max_length=16, primary_key=True, default=tokens.public_id, editable=False
    )
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="chunks")
    # Which carrier took it: only that one can tell whether it knows the key.
    carrier = models.CharField(_("carrier"), max_length=40)
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    posted_at = models.DateTimeField(_("handed over"), null=True)  # before a batch call, not after
    ended_at = models.DateTimeField(_("ended"), null=True)
    sent = models.PositiveIntegerField(_("sent"), default=0)

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        indexes = [models.Index(fields=["issue", "ended_at"], name="chunk_speed")]

    def __str__(self) -> str:
        return self.key

    def send(self, carrier: carriers.Carrier, *, until: float) -> int:
        """Hand over what is still wanted of it; says how many were sent. `until`: monotonic."""
        publication = Publication.current()
        rows = self.still_wanted()
        if carrier.most == 1:
            sent = self._one_by_one(carrier, publication, rows, until)
        else:
            sent = 0
            for chunk, form, part in self._by_form(publication, rows):
                if Rest.objects.of(carrier.name):  # it asked for one at the call before
                    chunk.release(part)
                else:
                    sent += Batch(chunk, carrier, publication, form, part).send()
        self._end(sent)
        return sent

    def was_accepted(self, at: datetime) -> None:
        """A report has come about one of it; where calls are taken whole, that speaks for all."""
        if carriers.takes_whole_calls(self.carrier):
            doubtful = self.deliveries.filter(status__in=[Status.SENDING, Status.UNCERTAIN])
            doubtful.update(status=Status.SENT, sent_at=at, reason="")

    def repeat(self, carrier: carriers.Carrier) -> int:
        """Make the call again that nobody answered, under its key: it counts once."""
        publication = Publication.current()
        rows = self._rows(Status.SENDING)
        gone = [row for row in rows if row.unwanted()]
        wanted = [row for row in rows if row not in gone]
        if not wanted:  # nobody to ask again for: whether they got it stays open
            self.deliveries.filter(status=Status.SENDING).update(status=Status.UNCERTAIN)
            return 0
        # One call has one form. They had the same then; who likes it plain now must not make it so
        # for the others.
        model = next((row for row in wanted if row.reader.quiet), wanted[0])
        form = form_of(model, publication, self._quotes)
        sent = Batch(self, carrier, publication, form, wanted).repeat(but_for=gone)
        self._end(sent)
        return sent

    # Who ------------------------------------------------------------------------------------------

    @cached_property
    def _quotes(self) -> set[int]:
        """Those of its quotes that were not taken back until now."""
        return self.issue.chosen_quotes.standing_ids()

    def _rows(self, status: Status) -> list[Delivery]:
        rows = list(
            self.deliveries.filter(status=status).select_related("subscriber").order_by("pk")
        )
        for row in rows:
            row.issue = self.issue
        return rows

    def still_wanted(self, of: Status = Status.QUEUED) -> list[Delivery]:
        """Each recipient looked at again, now: people leave while a letter is on its way."""
        rows = self._rows(of)
        suppressed = Suppression.objects.among(
            row.subscriber.email for row in rows if row.subscriber
        )
        following = self.issue.followers_among(row.subscriber_id for row in rows)
        unwanted = {row: row.unwanted(suppressed=suppressed, following=following) for row in rows}
        self.skip([row for row in rows if unwanted[row]], of=of, reasons=unwanted)
        return [row for row in rows if not unwanted[row]]

    def skip(self, rows: list[Delivery], *, of: Status, reasons: dict | None = None) -> None:
        for row in rows:
            reason = reasons[row] if reasons else row.unwanted()
            mine = self.deliveries.filter(pk=row.pk, status=of)
            mine.update(status=Status.SKIPPED, reason=reason)

    def lock(self) -> None:
        """One at a time changes many of its rows: reports and answers come in any order."""
        list(Chunk.objects.select_for_update(no_key=True).filter(pk=self.pk))

    def release(self, rows: list[Delivery]) -> None:
        """Put back what was claimed and not begun."""
        rest = self.deliveries.filter(status=Status.QUEUED, pk__in=[row.pk for row in rows])
        released = rest.update(chunk=None, due_at=timezone.now())
        Bucket.objects.give_back(self.carrier, released, issue=self.issue)

    def _end(self, sent: int) -> None:
        self.sent, self.ended_at = sent, timezone.now()
        self.save(update_fields=["sent", "ended_at"])

    def _by_form(
        self, publication: Publication, rows: list[Delivery]
    ) -> Iterable[tuple[Chunk, Form, list[Delivery]]]:
        """One call has one form: people with another one get a chunk of their own."""
        groups: dict[tuple, list[Delivery]] = {}
        for row in rows:
            groups.setdefault((row.omits, row.reader.quiet), []).append(row)
        for place, part in enumerate(groups.values()):
            chunk = self
            if place:
                chunk = self.split(part)
                part = chunk.still_wanted()  # the first call may have taken its time
            if part:
                yield chunk, form_of(part[0], publication, self._quotes), part

    def split(self, rows: list[Delivery]) -> Chunk:
        """A chunk of their own for these rows of it."""
        chunk = Chunk.objects.create(
            issue=self.issue, carrier=self.carrier, posted_at=self.posted_at
        )
        lease = timezone.now() + settings.MAIL_LEASE
        self.deliveries.filter(pk__in=[row.pk for row in rows]).update(chunk=chunk, due_at=lease)
        return chunk

    # One by one: each is written down before it is handed over ------------------------------------

    def _one_by_one(self, carrier, publication, rows: list[Delivery], until: float) -> int:
        sent = begun = 0
        self._disliked = 0
        taken: Delivery | None = None
        try:
            while begun < len(rows) and time.monotonic() < until:
                row = rows[begun]
                submitted = self._submit(row, after=taken)
                taken = None
                if not submitted and self._is_over(row):
                    break
                begun += 1
                if submitted and self._handed_over(carrier, publication, row):
                    taken, sent = row, sent + 1
        except Pausing:
            pass
        finally:
            if taken:
                taken.settle(Status.SENT, sent_at=timezone.now(), reason="")
        self.release(rows[begun:])
        return sent

    def _handed_over(self, carrier, publication, row: Delivery) -> bool:
        try:
            letter = emails.copy(row, row.reader, publication, marked=carrier.reports)
            form = form_of(row, publication, self._quotes)
        except Exception as error:  # a row that nobody can write must not be in the way
            row.again(error)
            return False
        try:
            carrier.send_letter(form, letter)
        except Exception as error:  # carriers raise from several families
            row.failed(error)
            meaning = carriers.meaning(error)
            self._disliked += meaning is Meaning.POISON
            # Two in a row that no provider could take: it is our letter or our account.
            if meaning in {Meaning.REST, Meaning.UNCERTAIN} or self._disliked > 1:
                Rest.objects.begin(carrier.name, asked=carriers.asked_to_wait(error))
                raise Pausing from error
            return False
        self._disliked = 0
        return True

    def _submit(self, row: Delivery, *, after: Delivery | None) -> bool:
        """Write down that this one is being handed over, and that the one before it was taken.

        One statement, in plain SQL: it is what a mail costs us, thousands of times. The issue and
        the person are looked at again: a pause or a farewell holds from the next mail on.
        """
        now = timezone.now()
        facts = {
            "now": connection.ops.adapt_datetimefield_value(now),
            "lease": connection.ops.adapt_datetimefield_value(now + settings.MAIL_LEASE),
            "chunk": self.pk,
            "next": row.pk if self._still_follows(row) else None,
            "last": after.pk if after else None,
            "attempts": after.attempts if after else None,
            # News on a story goes to who gets no other letter, too.
            "not_for": "" if self.issue.edition.is_of_stories else Frequency.NONE,
            # New ones are written with today's key; the older ones were looked up at the claim.
            "hash": tokens.address_hashes(row.reader.email)[0],
        }
        with connection.cursor() as cursor:
            cursor.execute(NEXT_PLEASE, facts)
            written = cursor.rowcount
        if after and written == 1:  # one of the two: rare, so it is asked for
            submitted = self.deliveries.filter(pk=row.pk, status=Status.SENDING).exists()
        else:
            submitted = written > 0
        if submitted:
            row.status, row.attempts = Status.SENDING, row.attempts + 1
            row.first_tried_at = row.first_tried_at or now
        return submitted

    def _still_follows(self, row: Delivery) -> bool:
        of_stories = self.issue.edition.is_of_stories
        return not of_stories or bool(self.issue.followers_among([row.subscriber_id]))

    def _is_over(self, row: Delivery) -> bool:
        """Why a row could not be submitted: it alone is unwanted, or the whole issue rests."""
        issue = Issue.objects.only("status").get(pk=self.issue_id)
        if issue.status != Issue.Status.SENDING:
            return True
        row.refresh_from_db()
        if reason := row.unwanted():
            self.deliveries.filter(pk=row.pk, status=Status.QUEUED).update(
                status=Status.SKIPPED, reason=reason
            )
        return False


# What a mail costs in the ledger: the last one was taken, the next one is being handed over.
NEXT_PLEASE = """
UPDATE newsletter_delivery SET
    status = CASE WHEN id = %(next)s THEN 'sending' ELSE 'sent' END,
    sent_at = CASE WHEN id = %(next)s THEN NULL ELSE %(now)s END,
    reason = CASE WHEN id = %(next)s THEN reason ELSE '' END,
    attempts = CASE WHEN id = %(next)s THEN attempts + 1 ELSE attempts END,
    due_at = CASE WHEN id = %(next)s THEN %(lease)s ELSE due_at END,
    first_tried_at = COALESCE(first_tried_at, %(now)s)
WHERE (id = %(last)s AND attempts = %(attempts)s AND status IN ('sending', 'queued', 'uncertain'))
    OR (id = %(next)s AND chunk_id = %(chunk)s AND status = 'queued' AND due_at > %(now)s
        AND EXISTS (SELECT 1 FROM newsletter_issue AS issue
                    WHERE issue.id = newsletter_delivery.issue_id AND issue.status = 'sending')
        AND EXISTS (SELECT 1 FROM newsletter_subscriber AS person
                    WHERE person.id = newsletter_delivery.subscriber_id
                        AND person.status = 'active' AND person.frequency <> %(not_for)s)
        AND NOT EXISTS (SELECT 1 FROM newsletter_suppression WHERE address_hash = %(hash)s
                        AND reason IN ('bounce', 'complaint') AND lifted_at IS NULL))
"""


def form_of(row: Delivery, publication: Publication, standing: Iterable[int]) -> Form:
    quotes = frozenset(standing)
    return _form(row.issue.public_id, row.omits, row.reader.quiet, publication.sender, quotes)


@lru_cache(maxsize=64)
def _form(public_id: str, omits: int, quiet: bool, sender: str, standing: frozenset[int]) -> Form:
    """Built once a process for each variant, however many people get it."""
    issue = Issue.objects.select_related("edition").get(public_id=public_id)
    return emails.form(issue, Publication.current(), omits=omits, quiet=quiet, standing=standing)
