"""A reply arrives: it is kept at once, and once however often it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from blog.models import Post
from blog.models.rows import add_row
from comments.signals import Signal

from .forgetting import Forgetting, Reply
from .rewording import said
from .states import lane_for
from .writers import Writer

CONSENT_WORDING = "2026-11"  # the version of the sentence beside the form's tick


def fingerprint(*facts) -> str:
    """Equal for the same words by the same hand in the same place."""
    return salted_hmac("comments.same", json.dumps(facts), algorithm="sha256").hexdigest()


def of_reply(client: str, post: Post, question: Any, parent: Any, name: str, body: str) -> str:
    """The fingerprint of a reader's reply."""
    return fingerprint(client, post.pk, question and question.pk, parent and parent.pk, name, body)


class Arriving(Forgetting[Reply]):
    """Of replies: those that come."""

    def came_already(self, *reply) -> bool:
        """Whether this very reply (see `of_reply`) was kept within the hour."""
        return self.filter(fingerprint=of_reply(*reply)).exists()

    def hold(
        self,
        *,
        client: str,
        post: Post,
        name: str,
        body: str,
        writer: Writer | None = None,
        signals: Iterable[Signal] = (),
        may_quote: bool = False,
        **facts,
    ) -> Any:
        """Keep a reader's reply for moderation. Sent twice within the hour, it is one reply.

        `client` is that day's hash of who sent it: equal words of somebody else are their own.
        `writer`: whom we know it to be of; else somebody new.
        """
        question, parent = facts.get("question"), facts.get("parent")
        same = of_reply(client, post, question, parent, name, body)
        facts |= {"post": post, "consent_at": timezone.now(), **said(name, body)}
        facts |= {"consent_wording": CONSENT_WORDING, "root": parent and (parent.root or parent)}
        signals = list(signals)
        facts |= {"signals": [signal.as_json() for signal in signals]}
        facts["lane"] = lane_for(signals, known=writer is not None and writer.is_trusted)
        if may_quote:
            facts |= {"may_quote": True, "may_quote_since": timezone.now()}
        held = self.once(same, lambda: self.model(writer=writer or Writer.objects.begin(), **facts))
        if held.came_before and not held.is_surely_of(writer):
            held.is_copied = True
        elif held.may_quote != may_quote:  # sent twice: the last word on quoting counts
            held.let_quote(may_quote)
        return held

    def once(self, fingerprint: str, make) -> Any:
        """Save what `make` returns, unless the same came within the hour: then return that.

        The unique column decides when both arrive at once; the loser's rows are rolled back.
        """
        try:
            return self._made(make, fingerprint)
        except IntegrityError:
            # Only now, so that nobody pays for it who sends once.
            self.filter(fingerprint=fingerprint).forget_fingerprints()
            if earlier := self.filter(fingerprint=fingerprint).first():
                earlier.came_before = True  # type: ignore[attr-defined]
                return earlier
            return self._made(make, fingerprint)

    @transaction.atomic
    def _made(self, make, fingerprint: str) -> Any:
        comment = make()
        comment.fingerprint = fingerprint
        add_row(comment)
        if comment.needs_care:
            comment.raise_alarm()
        return comment

    def forget_fingerprints(self) -> int:
        """An hour later the hash has done its work."""
        old = timezone.now() - settings.RETENTION["fingerprint"].time
        # “Above nothing” goes by the index of those that have one; “not null” through all replies.
        return self.filter(fingerprint__gt="", created_at__lt=old).update(fingerprint=None)
