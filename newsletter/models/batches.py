"""One call to a provider for many people, and what its answer means for each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone

from blog.models import Publication
from newsletter import carriers, emails, outbox
from newsletter.letters import Form, Letter
from newsletter.outbox import Status
from newsletter.throttle import Rest

from .issues import Issue

if TYPE_CHECKING:
    from .chunks import Chunk
    from .delivering import Delivery

Meaning = carriers.Meaning


@dataclass
class Hunt:
    """The search for what a provider cannot accept in one call."""

    sent: int = 0
    found: list[tuple[Delivery, Exception]] = field(default_factory=list)

    @property
    def is_vain(self) -> bool:
        """Two are refused and nobody was taken: it is our letter or our account, not a person."""
        return len(self.found) > 1 and not self.sent

    def end(self, carrier: carriers.Carrier) -> None:
        for row, error in self.found:
            if not self.sent:  # nobody was taken: it may be any of them, or none
                row.again(error)
            else:
                row.settle(Status.FAILED, reason=carriers.name(error))
        if self.is_vain:
            Rest.objects.begin(carrier.name)


@dataclass
class Batch:
    """Rows of a chunk that have the same form. Written down as handed over, all at once, before."""

    chunk: Chunk
    carrier: carriers.Carrier
    publication: Publication
    form: Form
    rows: list[Delivery]
    hunt: Hunt = field(default_factory=Hunt)
    begun_at: datetime = field(default_factory=timezone.now)

    def send(self) -> int:
        """Says how many were taken."""
        claimed = list(self.rows)
        letters = self._letters()
        if not letters or not self._submit():
            self.chunk.release(claimed)
            return 0
        sent = self._call(letters)
        self.hunt.end(self.carrier)
        return sent

    def repeat(self, *, but_for: list[Delivery]) -> int:
        """The same call once more; who left since is not in it.

        Whatever fails now, the first call may have been accepted: nobody is queued anew.
        """
        try:
            refused = self.carrier.send_letters(self.form, self._letters(), key=self.chunk.key)
        except Exception as error:  # carriers raise from several families
            meaning = carriers.meaning(error)
            if meaning is not Meaning.TAKEN:
                self._nobody_answered(carriers.name(error))
                if meaning is Meaning.REST:
                    Rest.objects.begin(self.carrier.name, asked=carriers.asked_to_wait(error))
                return 0
            self.rows += but_for  # the first call was accepted, and they were in it
            return self._settle({})
        self.chunk.skip(but_for, of=Status.SENDING)
        return self._settle(refused)

    def _letters(self) -> list[Letter]:
        letters, writable = [], []
        for row in self.rows:
            row.first_tried_at = row.first_tried_at or self.begun_at
            try:
                letters.append(emails.copy(row, row.reader, self.publication))
            except Exception as error:  # a row that nobody can write must not be in the way
                self._park(row, error)
            else:
                writable.append(row)
        self.rows = writable
        return letters

    def _park(self, row: Delivery, error: Exception) -> None:
        name = carriers.name(error)
        mine = self.chunk.deliveries.filter(pk=row.pk)
        # In a call that is repeated, it may have been taken by the first one.
        mine.filter(status=Status.SENDING).update(status=Status.UNCERTAIN, reason=name)
        attempts = row.attempts + 1
        over = attempts >= settings.MAIL_MAX_ATTEMPTS
        mine.filter(status=Status.QUEUED).update(
            status=Status.FAILED if over else Status.QUEUED,
            due_at=timezone.now() + outbox.next_gap(attempts),
            attempts=attempts,
            reason=name,
            chunk=None,
        )

    @transaction.atomic
    def _submit(self) -> bool:
        """Write down that all of these are being handed over: all, or none."""
        now = timezone.now()
        mine = self.chunk.deliveries.filter(
            # Asked person by person: a list of all who are active would be made for each call.
            Exists(Issue.objects.sending().filter(pk=OuterRef("issue"))),
            Exists(self.chunk.issue.readers().filter(pk=OuterRef("subscriber"))),
            pk__in=[row.pk for row in self.rows],
            status=Status.QUEUED,
            due_at__gt=now,
        )
        submitted = mine.update(
            status=Status.SENDING,
            due_at=now + settings.MAIL_LEASE,
            attempts=F("attempts") + 1,
            first_tried_at=Coalesce("first_tried_at", self.begun_at),  # as its letter says
        )
        if submitted != len(self.rows):
            transaction.set_rollback(True)
            return False
        for row in self.rows:
            row.attempts += 1
        self.chunk.posted_at = now
        self.chunk.save(update_fields=["posted_at"])
        return True

    def _call(self, letters: list[Letter]) -> int:
        try:
            refused = self.carrier.send_letters(self.form, letters, key=self.chunk.key)
        except Exception as error:  # carriers raise from several families
            return self._failed(error)
        self.hunt.sent += len(self.rows)
        return self._settle(refused)

    def _settle(self, refused: dict[str, str]) -> int:
        """One transaction: a call is settled wholly or not at all."""
        with transaction.atomic():
            self.chunk.lock()
            mine = self.chunk.deliveries.filter(status__in=[Status.SENDING, Status.UNCERTAIN])
            taken = []
            for row in self.rows:
                if reason := refused.get(row.reader.email):
                    mine.filter(pk=row.pk).update(status=Status.FAILED, reason=reason)
                else:
                    taken.append(row.pk)
            # Also late, while nobody has tried again: as for mails that go one by one.
            believed = [Status.QUEUED, Status.SENDING, Status.UNCERTAIN]
            return self.chunk.deliveries.filter(pk__in=taken, status__in=believed).update(
                status=Status.SENT, sent_at=timezone.now(), reason=""
            )

    def _failed(self, error: Exception) -> int:
        meaning, name = carriers.meaning(error), carriers.name(error)
        outbox.log.warning("chunk %s of %d: %s", self.chunk.key, len(self.rows), name)
        if meaning is Meaning.TAKEN:
            return self._settle({})
        if meaning is Meaning.UNCERTAIN:
            Rest.objects.begin(self.carrier.name)  # or an outage would put the whole list in doubt
            self._nobody_answered(name)
        elif meaning is Meaning.POISON and not self.hunt.is_vain:
            return self._narrow_down(error)
        else:
            Rest.objects.begin(self.carrier.name, asked=carriers.asked_to_wait(error))
            self._all_again(name)
        return 0

    def _narrow_down(self, error: Exception) -> int:
        """Something in this call cannot be accepted: find it by halves, let the others go."""
        if len(self.rows) == 1:
            self.hunt.found.append((self.rows[0], error))
            return 0
        middle = len(self.rows) // 2
        # Both at once: whoever finds the second half waiting for long finds it under its new key.
        halves = [
            Batch(
                self.chunk.split(rows), self.carrier, self.publication, self.form, rows, self.hunt
            )
            for rows in (self.rows[:middle], self.rows[middle:])
        ]
        sent = 0
        for half in halves:
            # In the middle of the search it asked for a rest, or somebody stopped the issue.
            if Rest.objects.of(self.carrier.name) or not self._goes_on():
                half._all_again(carriers.name(error))
            elif half._still_ours():
                sent += half._call(half._letters())
        return sent

    def _goes_on(self) -> bool:
        return Issue.objects.sending().filter(pk=self.chunk.issue_id).exists()

    def _still_ours(self) -> bool:
        """A search takes its time: who was settled, or left, meanwhile is not in it any more."""
        mine = self.chunk.deliveries.filter(status=Status.SENDING)
        mine.update(due_at=timezone.now() + settings.MAIL_LEASE)
        self.rows = self.chunk.still_wanted(Status.SENDING)
        return bool(self.rows)

    def _nobody_answered(self, name: str) -> None:
        mine = self.chunk.deliveries.filter(status=Status.SENDING)
        if self.carrier.repeats_for:
            # The call is made again under its key: soon, then after longer and longer gaps, so that
            # an outage does not use up all of its attempts.
            gap = outbox.next_gap(max(row.attempts for row in self.rows)) / 2
            mine.update(reason=name, due_at=timezone.now() + gap)
        else:
            mine.update(status=Status.UNCERTAIN, reason=name)

    def _all_again(self, name: str) -> None:
        mine = self.chunk.deliveries.filter(status=Status.SENDING)
        parked = mine.filter(attempts__gte=settings.MAIL_MAX_ATTEMPTS)
        parked.update(status=Status.FAILED, reason=name)
        gap = outbox.next_gap(max(row.attempts for row in self.rows))
        due_at = timezone.now() + gap
        mine.update(status=Status.QUEUED, chunk=None, reason=name, due_at=due_at)
