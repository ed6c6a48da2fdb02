"""What its writer may do to a reply at any time: say it otherwise, or take only the name back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from blog import markup
from comments import likeness, signals
from comments.names import name_key
from comments.signals import Signal

from .states import Actor, Decided, Lane, Status

if TYPE_CHECKING:
    from comments.screening import Verdict


def said(name: str, body: str) -> dict[str, Any]:
    """The columns that follow from a name and words."""
    return {"name": name, "name_key": name_key(name), "body": body} | likeness.as_fields(body)


class Reworded(Decided):
    """Of a reply: other words for it. Those on the page stay there until others are accepted."""

    name: Any

    class Meta(Decided.Meta):
        abstract = True

    @property
    def newest_change(self) -> Any:
        """What its writer last wanted it to say; None when they never said."""
        changes = list(self.changes.all())
        return changes[-1] if changes else None

    @property
    def waiting_change(self) -> Any:
        newest = self.newest_change
        return newest if newest and newest.is_waiting else None

    def change(self, text: str, name: str, verdict: Verdict) -> bool:
        """Its writer says it otherwise. False: the words are gone, so there is nothing to change.

        What nobody sees is replaced at once; what was turned down is offered again.
        """
        with transaction.atomic():
            if not self.lock() or self.is_gone:
                return False
            if (text, name) == (self.body, self.name):
                self.drop_change()
            elif self.is_published:
                self._ask_for(text, name, verdict)
            else:
                self._replace(text, name, verdict)
        return True

    def drop_change(self) -> bool:
        """Its writer leaves it as it stands. False: no other words were waiting."""
        with transaction.atomic():
            if not self.lock():
                return False
            dropped, _each = self.changes.waiting().delete()
            if dropped:
                self.no_change_waits()
        return bool(dropped)

    def drop_name(self) -> bool:
        """Its writer takes only the name back. The words stay; no version keeps the name."""
        with transaction.atomic():
            if not self.lock():
                return False
            self.changes.update(name="")
            if not self.name:
                return False
            self.write(**said("", self.body))
            self.note("name", actor=Actor.WRITER)
            self.follow_up()
        return True

    def say(self, *, name: str, body: str, noticed: list[dict[str, Any]]) -> None:
        """Other words from now on, drawn anew for the page. Lock the row first."""
        self.words_go()
        self.write(
            **said(name, body),
            body_html=markup.reader_html(body) if self.is_published else "",
            markup_version=markup.MARKUP_VERSION,
            signals=noticed,
            revision=self.revision + 1,
        )

    def no_change_waits(self) -> None:
        if self.is_published:
            self.write(lane="", waiting_since=None)

    def note(self, about: str, *, by=None, actor: Actor = Actor.STAFF) -> None:
        """Write down what was decided, where the state stays as it is."""
        self.decisions.create(
            about=about,
            verdict=self.status,
            before=self.status,
            by=by,
            actor=actor,
            revision=self.revision,
        )

    def raise_alarm(self) -> None:
        """Somebody may be at the end of their strength: who takes care is told."""

    def _ask_for(self, text: str, name: str, verdict: Verdict) -> None:
        """The newest words wait, in the place of those that waited; or stand at once."""
        self.changes.waiting().delete()
        noticed = [signal.as_json() for signal in verdict.signals]
        change = self.changes.create(name=name, body=text, signals=noticed)
        if signals.are_care(verdict.signals):
            self.raise_alarm()
        if verdict.publish and self._is_of_somebody_known():
            change.accept(by=None, actor=Actor.RULES)
        elif self.lane != Lane.CHANGED:
            self.write(**self._where_it_waits(Status.PUBLISHED, ""))

    def _replace(self, text: str, name: str, verdict: Verdict) -> None:
        noticed = [signal.as_json() for signal in verdict.signals + self._still_care(verdict)]
        self.say(name=name, body=text, noticed=noticed)
        if signals.are_care(verdict.signals):
            self.raise_alarm()
        if self.status in (Status.REJECTED, Status.SPAM):
            self._decide(Status.PENDING, actor=Actor.WRITER)
            return
        if self.is_waiting and (self.needs_care or self.lane != Lane.REPORTED):
            self.write(lane=self.home_lane)
        self.follow_up()

    def _still_care(self, verdict: Verdict) -> list[Signal]:
        """Who wrote what needs care is looked after, whatever it says now."""
        if self.lane != Lane.CARE or signals.are_care(verdict.signals):
            return []
        care = [signal for signal in self.noticed if signals.are_care([signal])]
        return [replace(signal, start=-1, end=-1) for signal in care]
