"""Lists from elsewhere, taken in part by part: tried first, and resumed where they stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from itertools import dropwhile
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import retention
from newsletter.lists import files
from newsletter.lists.reading import Sheet, Unreadable, sheet
from newsletter.lists.seen import Seen

from .arrivals import Finding, Outcome, Part
from .settling import much_at_once, settle
from .tallies import Tally

log = logging.getLogger("afterword.imports")
PART = 3_000  # lines that are written in one transaction
SECONDS = 30  # then a worker looks whether somebody else waits
LEASE = timedelta(minutes=1)
EXAMPLES = 5
SLOWLY, A_WEEK = timedelta(seconds=6), timedelta(days=7)
# Why a file was not read to its end, or is not there any more.
REASONS = {
    "gone": _("Its file is not there any more. Please choose it once more."),
    "empty": _("There is nothing in this file."),
    "no csv": _(
        "This is not a CSV file. If it ends in .zip, unpack it first. If it is from a spreadsheet, "
        "save it as CSV."
    ),
    "no addresses": _(
        "We found no column of addresses. The first line must name the columns, and one of them "
        "must be called Email."
    ),
    "kept a day": _("Its file was kept for a day, and is deleted. Please choose it once more."),
    "given up": _("You deleted it."),
    "refused": _("Something in it could not be written down. Who came in before that is in."),
}


class ImportQuerySet(models.QuerySet["Import"]):
    def receive(self, name: str, chunks: Iterable[bytes], *, by=None) -> Import:
        """Keep a file, and have it read: nothing is changed yet."""
        row = self.create(file=files.keep(chunks), name=name[-200:], made_by=by)
        row.ring()
        return row

    def waiting(self) -> ImportQuerySet:
        """To be read or taken in, and in nobody's hands."""
        free = Q(leased_until=None) | Q(leased_until__lte=timezone.now())
        return self.filter(free, status__in=[Import.Status.CHECKING, Import.Status.RUNNING])

    def forget_files(self) -> int:
        """Delete files that were kept long enough, not under a worker's hands; says how many."""
        old = retention.limit("imports")
        forgotten = 0
        kept = self.exclude(file="").exclude(status=Import.Status.RUNNING)
        for row in kept.filter(made_at__lt=old):
            row.fail("kept a day")
            forgotten += 1
        known = set(self.exclude(file="").values_list("file", flat=True))
        return forgotten + files.delete_others(known, before=old)


class Import(models.Model):
    """One file of people."""

    class Status(models.TextChoices):
        CHECKING = "checking", _("being read")
        CHECKED = "checked", _("read, and nothing changed yet")
        RUNNING = "running", _("being taken in")
        PAUSED = "paused", _("paused")
        DONE = "done", _("taken in")
        FAILED = "failed", _("could not be read")

    class WithoutProof(models.TextChoices):
        LEAVE = "leave", _("leave them out")
        ASK = "ask", _("ask each of them once")

    # A name in the folder of imports; the folder is emptied by the retention job.
    file = models.CharField(max_length=120, editable=False)
    name = models.CharField(_("file"), max_length=200)
    kind = models.CharField(_("exported from"), max_length=20, blank=True)
    source = models.CharField(
        _("where these people agreed"),
        max_length=200,
        blank=True,
        help_text=_("In your own words: kept with each person’s consent."),
    )
    without_proof = models.CharField(
        _("people whose consent the file does not prove"),
        max_length=5,
        choices=WithoutProof.choices,
        default=WithoutProof.LEAVE,
    )
    status = models.CharField(
        _("state"), max_length=8, choices=Status.choices, default=Status.CHECKING, editable=False
    )
    line = models.PositiveIntegerField(_("lines read"), default=0, editable=False)
    lines = models.PositiveIntegerField(_("lines in all"), default=0, editable=False)
    counts = models.JSONField(default=dict, editable=False)  # outcome -> how many
    examples = models.JSONField(default=dict, editable=False)  # outcome -> numbers of lines
    reason = models.CharField(max_length=200, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("account"),
    )
    made_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("list from elsewhere")
        verbose_name_plural = _("lists from elsewhere")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                name="import_ended_has_time",
                condition=Q(status__in=["done", "failed"], ended_at__isnull=False)
                | (~Q(status__in=["done", "failed"]) & Q(ended_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return files.path(self.file or "gone")

    @property
    def mark(self) -> str:
        """Where its people came from, as their rows say."""
        return f"import:{self.pk}"

    @property
    def asks(self) -> bool:
        return self.status == self.Status.RUNNING and self.without_proof == self.WithoutProof.ASK

    @property
    def asks_every(self) -> timedelta:
        """Ten a minute, as nobody knows these addresses; a long list takes a week at most."""
        return min(SLOWLY, A_WEEK / max(self.lines, 1))

    @property
    def why_not(self) -> str:
        return str(REASONS.get(self.reason, ""))

    @property
    def findings(self) -> list[Finding]:
        """What became of how many lines, or would."""
        return [
            Finding(outcome, self.counts[outcome], self.examples.get(outcome, []))
            for outcome in Outcome
            if outcome in self.counts
        ]

    def ring(self) -> None:
        from newsletter.tasks import take_in  # which imports the models

        take_in.delay_on_commit(self.pk)  # type: ignore[attr-defined]

    def start(self, *, source: str, without_proof: str) -> bool:
        """Take its people in. False: it is not read yet, or begun already."""
        if not source.strip():
            raise ValueError("where these people agreed must be said")
        return self._become(
            self.Status.RUNNING,
            of=[self.Status.CHECKED],
            source=source.strip()[:200],
            without_proof=without_proof,
            line=0,
            counts={},
            examples={},
        )

    def pause(self) -> bool:
        return self._become(self.Status.PAUSED, of=[self.Status.RUNNING])

    def resume(self) -> bool:
        return self._become(self.Status.RUNNING, of=[self.Status.PAUSED])

    def give_up(self) -> bool:
        """Take in nobody further, and delete the file."""
        return self.fail("given up")

    def go_on(self, *, seconds: float = SECONDS) -> bool:
        """Read, or take in, for so long. True: there is more to do, and nobody does it."""
        if not self._lease():
            return False
        try:
            opened = sheet(self.path)
            if self.status == self.Status.CHECKING:
                self._check(opened)
                return False
            with much_at_once():
                return self._take_in(opened, until=time.monotonic() + seconds)
        except Unreadable as error:
            self.fail(error.reason)
        except OperationalError:  # busy, or gone for a moment: the next tick goes on
            log.warning("import %s: the database did not answer", self.pk)
        except Exception as error:  # their words would quote somebody's line
            log.error("import %s stopped: %s", self.pk, type(error).__name__)
            self.fail("refused")
        return False

    def fail(self, reason: str) -> bool:
        """It ends here, for this reason; what came in stays. The file is deleted."""
        going = [self.Status.CHECKING, self.Status.CHECKED, self.Status.RUNNING, self.Status.PAUSED]
        return self._end(self.Status.FAILED, of=going, reason=reason)

    def _check(self, opened: Sheet) -> None:
        """Read it to its end, and change nothing but what this row says of it."""
        lines, reader = opened.lines, opened.reader
        with closing(Seen()) as seen:
            while part := Part.read(lines, reader, PART):
                part.sort(self, seen.among(it.canonical for it in part.arrivals))
                seen.add(it.canonical for it in part.written)
                self._note(part)
                if not self._keep(line=self.line, kind=opened.kind.name):
                    return
        counts = {"counts": self.counts, "examples": self.examples}
        facts = {"kind": opened.kind.name, "line": self.line, "lines": self.line}
        self._become(self.Status.CHECKED, of=[self.Status.CHECKING], **facts, **counts)

    def _take_in(self, opened: Sheet, *, until: float) -> bool:
        """Part by part; True when the time was over before the file."""
        lines = dropwhile(lambda line: line[0] <= self.line, opened.lines)
        while part := Part.read(lines, opened.reader, PART):
            if not self._step(part):
                return False
            if time.monotonic() > until:
                return self._keep(leased_until=None)
        if self._end(self.Status.DONE, of=[self.Status.RUNNING]):
            log.info("import %s: %s lines taken in", self.pk, self.line)
        return False

    def _step(self, part: Part) -> bool:
        """A part's people and the line that was reached, both or neither. False: not ours now."""
        with transaction.atomic():
            mine = self._mine().filter(status=self.Status.RUNNING, line=self.line)
            if not mine.select_for_update().first():
                return False
            part.sort(self)
            settle(part, self)
            self._note(part)
            if joined := len(list(part.of(Outcome.JOINED))):
                Tally.objects.count(Tally.What.IMPORTED, joined)
            kept = self._keep(line=self.line, counts=self.counts, examples=self.examples)
            transaction.set_rollback(not kept)
            return kept

    def _note(self, part: Part) -> None:
        self.line = part.last_line
        for outcome, lines in part.lines.items():
            self.counts[outcome] = self.counts.get(outcome, 0) + len(lines)
            examples = self.examples.setdefault(outcome, [])
            examples += sorted(lines)[: EXAMPLES - len(examples)]

    def _lease(self) -> bool:
        """Nobody else works on it for a while: a worker that dies costs that long."""
        leased = Import.objects.waiting().filter(pk=self.pk)
        until = timezone.now() + LEASE
        changed = leased.update(leased_until=until)
        self.refresh_from_db()
        if self.status == self.Status.CHECKING:  # from the start: who came before is known again
            self.line, self.counts, self.examples = 0, {}, {}
        return bool(changed)

    def _mine(self) -> models.QuerySet[Import]:
        return Import.objects.filter(pk=self.pk, leased_until=self.leased_until)

    def _keep(self, **facts) -> bool:
        """Write this down, with a fresh lease, if it is still in our hands."""
        facts.setdefault("leased_until", timezone.now() + LEASE)
        kept = self._mine().update(**facts)
        self.leased_until = facts["leased_until"]
        return bool(kept)

    def _become(self, status: Import.Status, *, of: list, **facts) -> bool:
        changed = Import.objects.filter(pk=self.pk, status__in=of).update(
            status=status, leased_until=None, **facts
        )
        self.refresh_from_db()
        if changed and status == self.Status.RUNNING:
            self.ring()
        return bool(changed)

    def _end(self, status: Import.Status, *, of: list, **facts) -> bool:
        path = self.path
        ended = self._become(status, of=of, file="", ended_at=timezone.now(), **facts)
        if ended:
            path.unlink(missing_ok=True)
        return ended
