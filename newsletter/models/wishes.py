"""What a person gets, and how they change it: every verb a guarded update, once only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Tag
from newsletter import tokens

from .reach import Reach
from .tallies import Tally

SAME_PRESS = timedelta(minutes=1)
AGAIN = "again"  # proves that its bearer is who stopped just now


class Frequency(models.TextChoices):
    NONE = "none", _("no newsletter")
    EACH = "each", _("each post")
    WEEKLY = "weekly", _("once a week")
    MONTHLY = "monthly", _("once a month")


class Status(models.TextChoices):
    PENDING = "pending", _("not confirmed yet")
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")


class Wishes(Reach):
    """Of a person: whether they are in, how often they get what, and until when they rest."""

    status = models.CharField(
        _("state"), max_length=12, choices=Status.choices, default=Status.PENDING, editable=False
    )
    frequency = models.CharField(
        _("how often"), max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY
    )
    all_topics = models.BooleanField(_("everything"), default=True)
    topics = models.ManyToManyField(Tag, blank=True, related_name="+", verbose_name=_("topics"))
    quiet = models.BooleanField(_("discreet subjects"), default=False)
    # Mails about replies are another list: whether they want any is said by the floor above.
    wants_notices = models.BooleanField(_("mails about replies"), default=False, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    paused_until = models.DateField(_("paused until"), null=True, editable=False)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, editable=False)

    public_id: Any
    if TYPE_CHECKING:
        follows: Any
        consents: Any
        memos: Any

    class Meta:
        abstract = True

    @property
    def is_in(self) -> bool:
        """Has said yes, and has not left since."""
        return self.status in {Status.ACTIVE, Status.PAUSED}

    @property
    def gets_letters(self) -> bool:
        """Also while they pause. Who only follows stories gets none."""
        return self.is_in and self.frequency != Frequency.NONE

    @property
    def gets_notices(self) -> bool:
        """Mails about replies: their own, or those of a thread."""
        return self.is_in and self.wants_notices

    def start_notices(self) -> bool:
        """They proved this address, and want mails about replies. Letters are not begun by it."""
        with transaction.atomic():
            self.confirm(letters=False)
            return self._change({"wants_notices": True}, wants_notices=False)

    def stop_notices(self) -> bool:
        """No further mail about replies; who got nothing else is not written to any more."""
        with transaction.atomic():
            self._lock()
            if self.gets_notices and not self.gets_letters and not self._follows_any():
                return self.unsubscribe()
            return self._change({"wants_notices": False}, wants_notices=True)

    def confirm(self, *, letters: bool = True) -> bool:
        """Pending or gone, to active; with letters, or without. False: nothing was left to do.

        Who comes back gets what the box promised, not the rhythm that they once left.
        """
        promised = {"frequency": Frequency.WEEKLY, "all_topics": True}
        left = {"wants_notices": False}  # with everything else; they may be asked for anew
        rhythm = {} if letters else {"frequency": Frequency.NONE}
        facts = {"confirmed_at": timezone.now(), "unsubscribed_at": None}
        with self.counted():
            joined = self._become(
                Status.ACTIVE, of=[Status.PENDING], **facts | rhythm
            ) or self._become(
                Status.ACTIVE,
                of=[Status.UNSUBSCRIBED],
                **facts | promised | rhythm | left,
            )
            if joined or not letters:
                return joined
            return self._change(promised | facts, frequency=Frequency.NONE)

    def unsubscribe(self) -> bool:
        """No further mail: no letter, no story. False: there was nothing left to stop."""
        with self.counted():
            self.follows.end()
            return self._become(
                Status.UNSUBSCRIBED,
                of=[Status.PENDING, Status.ACTIVE, Status.PAUSED],
                unsubscribed_at=timezone.now(),
                paused_until=None,
            )

    def stop_letters(self) -> bool:
        """No further letter. Stories that they follow are another list, and go on."""
        with transaction.atomic():
            self._lock()
            if not self.gets_notices and not self._follows_any():
                return self.unsubscribe()
            had = {"frequency__in": [Frequency.EACH, Frequency.WEEKLY, Frequency.MONTHLY]}
            with self.counted():
                return self._change({"frequency": Frequency.NONE}, **had)

    def stop_stories(self, stories: Iterable[Post | int]) -> int:
        """No further news on these; who got nothing else is not written to any more."""
        with transaction.atomic():
            self._lock()  # letters may have been stopped since this row was read
            ended = self.follows.filter(story__in=stories).end()
            if not self._gets_anything():
                self.unsubscribe()
        return ended

    def start_again(self, token: str) -> bool:
        """Take back the last stop, with what ended with it. False: it was not theirs to take."""
        left_at = self.unsubscribed_at
        if left_at is None or not constant_time_compare(token, self.again_token):
            return False
        active = {"status": Status.ACTIVE, "unsubscribed_at": None}
        with self.counted():
            again = self._change(active, unsubscribed_at=left_at, confirmed_at__isnull=False)
            if again:
                self.follows.filter(ended_at__gte=left_at - SAME_PRESS).update(ended_at=None)
        return again

    def choose(self, *, frequency: str, topics: Iterable[Tag] | None, quiet: bool) -> bool:
        """What they get from now on; topics None: everything. Only who is in can choose."""
        began = frequency != Frequency.NONE and not self.gets_letters
        chosen = {"frequency": frequency, "all_topics": topics is None, "quiet": quiet}
        with self.counted():
            if not self._change(chosen, status__in=[Status.ACTIVE, Status.PAUSED]):
                return False
            self.topics.set(topics or [])
            if began:
                self.consents.give(self, page="manage")
        return True

    def follow_again(self, story: Post) -> None:
        """They take back that they stopped it, also when it was the last thing that they got."""
        with transaction.atomic():
            self.follows.begin(self, story)
            left = {"status": Status.UNSUBSCRIBED, "confirmed_at__isnull": False}
            back = {"status": Status.ACTIVE, "unsubscribed_at": None}
            self._change(back | {"frequency": Frequency.NONE, "wants_notices": False}, **left)

    def pause(self, *, until: date) -> bool:
        """No mail before that day. Who pauses already pauses until then."""
        either = [Status.ACTIVE, Status.PAUSED]
        return self._become(Status.PAUSED, of=either, paused_until=until)

    def resume(self) -> bool:
        return self._become(Status.ACTIVE, of=[Status.PAUSED], paused_until=None)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Around what may begin or end somebody's letters: each day counts how many did."""
        with transaction.atomic():
            before = self._lock().gets_letters
            yield
            if self.gets_letters != before:
                what = Tally.What.JOINED if self.gets_letters else Tally.What.LEFT
                Tally.objects.count(what)

    def come_back(self) -> bool:
        """The pause has ended: one mail says so. False: they changed its end meanwhile."""
        active = {"status": Status.ACTIVE, "paused_until": None}
        with transaction.atomic():
            back = self._change(active, status=Status.PAUSED, paused_until=self.paused_until)
            if back:
                self.memos.welcome_back(self)
        return back

    @property
    def again_token(self) -> str:
        """For who stopped just now, on the page after: good until they start, or stop, again."""
        return tokens.make(AGAIN, self.public_id, self._stop)

    @property
    def _stop(self) -> int:
        """Which of their stops was the last one."""
        return int(self.unsubscribed_at.timestamp() * 1_000_000) if self.unsubscribed_at else 0

    def _gets_anything(self) -> bool:
        return self.gets_letters or self.gets_notices or self._follows_any()

    def _follows_any(self) -> bool:
        return self.is_in and self.follows.going_on().exists()

    def _lock(self) -> Wishes:
        """Until the transaction ends nobody else changes what they get; as it is now."""
        locked = type(self)._default_manager.select_for_update(no_key=True)
        self.refresh_from_db(from_queryset=locked)
        return self

    def _change(self, facts: dict[str, Any], **where) -> bool:
        """Change these columns while those still hold."""
        changed = self._me().filter(**where).update(**facts)
        self.refresh_from_db()
        return bool(changed)

    def _become(self, status: Status, *, of: list, **facts) -> bool:
        return self._change({"status": status} | facts, status__in=of)
