"""What becomes of a reply: one recipe for every change of state, and a row for each decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog import markup
from comments import signals
from comments.signals import Signal

from .lessons import Taught


class Status(models.TextChoices):
    PENDING = "pending", _("waiting")
    PUBLISHED = "published", _("published")
    REJECTED = "rejected", _("not published")
    SPAM = "spam", _("spam")
    PRIVATE = "private", _("for the author only")
    WITHDRAWN = "withdrawn", _("taken back")


class Lane(models.TextChoices):
    """Why something waits for a moderator; nothing waits in none. In the order of the desk."""

    CARE = "care", _("needs care")
    NEW = "new", _("new people")
    KNOWN = "known", _("known people")
    REPORTED = "reported", _("reported")
    CHANGED = "changed", _("changed")
    SPAM = "spam", _("probably spam")


class Actor(models.TextChoices):
    STAFF = "staff", _("one of us")
    WRITER = "writer", _("its writer")
    RULES = "rules", _("the site’s rules")
    READERS = "readers", _("readers’ reports")


# What may stand on the page, or come back to it. What was taken back is gone.
LASTING = [Status.PENDING, Status.PUBLISHED, Status.REJECTED, Status.SPAM, Status.PRIVATE]


def lane_for(noticed: list[Signal], *, known: bool) -> Lane:
    """Where a reply waits of which these things were noticed."""
    if signals.are_care(noticed):
        return Lane.CARE
    if signals.are_spam(noticed):
        return Lane.SPAM
    return Lane.KNOWN if known else Lane.NEW


class Decided(Taught):
    """Of a reply: its state, why it waits, and who decided."""

    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.PENDING, editable=False
    )
    lane = models.CharField(
        _("lane"), max_length=8, choices=Lane.choices, default=Lane.NEW, blank=True, editable=False
    )
    waiting_since = models.DateTimeField(
        _("waiting since"), null=True, default=timezone.now, editable=False
    )
    signals = models.JSONField(_("why it waits"), default=list, editable=False)
    # Raised with every accepted change of the words: decisions and reports name theirs.
    revision = models.PositiveSmallIntegerField(default=1, editable=False)
    kept_revision = models.PositiveSmallIntegerField(null=True, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, editable=False)
    # When the time to keep words that were never shown was over; the row and its history stay.
    purged_at = models.DateTimeField(null=True, editable=False)

    pk: int
    body: Any
    if TYPE_CHECKING:
        decisions: Any
        changes: Any
        reports: Any
        writer_id: Any

    class Meta(Taught.Meta):
        abstract = True
        indexes = [
            *Taught.Meta.indexes,
            models.Index(
                fields=["lane", "waiting_since"],
                name="%(class)s_waiting",
                condition=~Q(lane=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_state_is_known", condition=Q(status__in=Status.values)
            ),
            models.CheckConstraint(
                name="%(class)s_lane_is_known", condition=Q(lane__in=["", *Lane.values])
            ),
            models.CheckConstraint(
                name="%(class)s_waits_in_a_lane",
                condition=Q(lane="", waiting_since=None)
                | (~Q(lane="") & Q(waiting_since__isnull=False)),
            ),
            models.CheckConstraint(
                name="%(class)s_waits_or_is_decided",
                condition=Q(status="pending") & ~Q(lane="")
                | Q(status="published", lane__in=["", "changed"])
                | ~Q(status__in=["pending", "published"]) & Q(lane=""),
            ),
        ]

    @property
    def is_published(self) -> bool:
        return self.status == Status.PUBLISHED

    @property
    def is_waiting(self) -> bool:
        return self.status == Status.PENDING

    @property
    def is_withdrawn(self) -> bool:
        return self.status == Status.WITHDRAWN

    @property
    def is_private(self) -> bool:
        return self.status == Status.PRIVATE

    @property
    def is_gone(self) -> bool:
        """Its words are not there any more: taken back, or their time was over."""
        return self.is_withdrawn or self.purged_at is not None

    @property
    def noticed(self) -> list[Signal]:
        return signals.read(self.signals)

    @property
    def needs_care(self) -> bool:
        return signals.are_care(self.noticed)

    @property
    def home_lane(self) -> str:
        """Where it waits when it waits: by what was noticed, and by whether its writer is known."""
        return lane_for(self.noticed, known=self._is_of_somebody_known())

    def publish(self, *, by, actor: Actor = Actor.STAFF, seen: int | None = None) -> bool:
        """Put it on the page. After readers' reports: these words stay, whatever they report.

        `seen`, here and below: the revision that was read. Other words since: nothing is decided.
        """
        of = [Status.PENDING] if actor == Actor.RULES else LASTING
        return self._decide(Status.PUBLISHED, by=by, actor=actor, of=of, seen=seen)

    def reject(self, *, by, seen: int | None = None) -> bool:
        return self._decide(Status.REJECTED, by=by, seen=seen)

    def mark_spam(self, *, by, seen: int | None = None) -> bool:
        return self._decide(Status.SPAM, by=by, seen=seen)

    def hold_again(self, *, by, seen: int | None = None) -> bool:
        """Back into the queue: the undo of any decision."""
        return self._decide(Status.PENDING, by=by, seen=seen)

    def hold_for_review(self) -> bool:
        """Readers reported it: off the page until somebody has looked."""
        if self.kept_revision == self.revision:
            return False
        return self._decide(
            Status.PENDING, of=[Status.PUBLISHED], actor=Actor.READERS, lane=Lane.REPORTED
        )

    def keep_private(
        self, *, by=None, actor: Actor = Actor.WRITER, seen: int | None = None
    ) -> bool:
        """Nobody but the author and who moderates may read it: as its writer, or one of us, wants.

        What its writer wants, only its writer undoes.
        """
        of = [Status.PENDING, Status.PUBLISHED, Status.REJECTED]
        return self._decide(Status.PRIVATE, by=by, actor=actor, of=of, seen=seen)

    def offer_again(self) -> bool:
        """Its writer would like it on the page after all: it waits like a new one."""
        return self._decide(Status.PENDING, of=[Status.PRIVATE], actor=Actor.WRITER)

    def withdraw(self) -> bool:
        """Its writer takes it back: the words and the name are gone for good, at once."""
        with transaction.atomic():
            if not self.lock():
                return False
            self.words_go()
            self.changes.all().delete()
            return self._decide(
                Status.WITHDRAWN,
                actor=Actor.WRITER,
                withdrawn_at=timezone.now(),
                **self.nothing_said,
            )

    def let_go(self) -> None:
        """Nobody decided in time: it is not published, and its words are gone."""
        with transaction.atomic():
            if self._decide(Status.REJECTED, of=[Status.PENDING], actor=Actor.RULES):
                self.purge()

    def purge(self) -> None:
        """The time to keep words that nobody sees is over. The row and its decisions stay."""
        with transaction.atomic():
            if not self.lock() or self.status not in (Status.REJECTED, Status.SPAM):
                return
            if self.status != Status.SPAM:  # what spam taught stays
                self.unlearn()
            self.changes.all().delete()
            self.reports.all().delete()
            self.write(**self.nothing_said, purged_at=timezone.now())

    # What a row says when its words are gone.
    nothing_said: dict[str, Any] = {
        "body": "",
        "body_html": "",
        "name": "",
        "name_key": "",
        "signals": [],
        "fingerprint": None,
        "may_quote": False,
        "may_quote_since": None,
        "likeness_a": None,
        "likeness_b": None,
        "likeness_c": None,
        "likeness_d": None,
    }

    def words_go(self) -> None:
        """Before its words change or vanish: what hangs on them goes first."""
        self.unlearn()
        self.changes.waiting().delete()

    def lock(self) -> bool:
        """Its row as it is now, for us alone until the transaction ends. False: it is gone."""
        manager: Any = type(self)._default_manager
        try:
            self.refresh_from_db(from_queryset=manager.select_for_update())
        except ObjectDoesNotExist:
            return False
        return True

    def write(self, **facts) -> None:
        """These facts, into the locked row and here."""
        manager: Any = type(self)._default_manager
        manager.filter(pk=self.pk).update(**facts)
        for name, value in facts.items():
            setattr(self, name, value)

    def _decide(
        self,
        status: Status,
        *,
        by=None,
        actor: Actor = Actor.STAFF,
        of: Iterable[str] = LASTING,
        lane: str = "",
        seen: int | None = None,
        **facts,
    ) -> bool:
        """Change state once, and write down who did it. False: it was so already, or is gone."""
        with transaction.atomic():
            if not self.lock():
                return False
            before = self.status
            if before == status or before not in of or seen not in (None, self.revision):
                return False
            if actor == Actor.STAFF and self.is_private_by_wish:
                return False
            if self.purged_at and status != Status.WITHDRAWN:
                return False  # there are no words to decide about
            if status == Status.PUBLISHED:
                facts |= self._as_published()
            self.write(status=status, **self._where_it_waits(status, lane), **facts)
            self.decisions.create(
                verdict=status, before=before, by=by, actor=actor, revision=self.revision
            )
            self.follow_up()
            return True

    @property
    def is_private_by_wish(self) -> bool:
        """Its writer, and none of us, wants only the author to read it."""
        if not self.is_private:
            return False
        turned = self.decisions.filter(verdict=Status.PRIVATE).exclude(before=Status.PRIVATE)
        newest = turned.first()
        return newest is not None and newest.actor == Actor.WRITER

    def _as_published(self) -> dict[str, Any]:
        kept = {"kept_revision": self.revision} if self.lane == Lane.REPORTED else {}
        return kept | {
            "published_at": self.published_at or timezone.now(),
            "body_html": markup.reader_html(self.body),
            "markup_version": markup.MARKUP_VERSION,
        }

    def follow_up(self) -> None:
        """What must hold after each decision, in its transaction."""
        raise NotImplementedError

    def _where_it_waits(self, status: Status, lane: str) -> dict[str, str | datetime | None]:
        if status == Status.PENDING:
            return {"lane": lane or self.home_lane, "waiting_since": timezone.now()}
        if status == Status.PUBLISHED and self.changes.waiting().exists():
            return {"lane": Lane.CHANGED, "waiting_since": timezone.now()}
        return {"lane": "", "waiting_since": None}

    def _is_of_somebody_known(self) -> bool:
        raise NotImplementedError
