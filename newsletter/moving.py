"""Another address: everything goes along, and what was there already becomes one with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

if TYPE_CHECKING:
    from newsletter.models import Subscriber


@transaction.atomic
def move(person: Subscriber, email: str) -> None:
    """From now on we write to them there. Their mailbox has said yes, and so has the new one."""
    from newsletter.models import Subscriber, Suppression  # which import this

    # Made when there is none, and locked: nobody signs up with it in between.
    made = Subscriber.objects.row_of(email, "manage")
    there = Subscriber.objects.select_for_update().get(pk=made.pk)
    old_address = person.email
    if there.pk != person.pk:
        _take_in(person, there)
        # No list from elsewhere brings the old address back: they would get everything twice.
        Suppression.objects.add_address(old_address, Suppression.Reason.LEFT)
    person.email = email
    person.save()
    person.revoke_links()


def _take_in(person: Subscriber, other: Subscriber) -> None:
    """What the other row has, and then it goes."""
    from newsletter.models import Subscriber

    followed = list(person.follows.values_list("story", flat=True))
    going_on = list(other.follows.going_on().values_list("story", flat=True))
    person.follows.filter(story__in=going_on).update(ended_at=None)
    other.follows.exclude(story__in=followed).update(subscriber=person)
    for relation in Subscriber._meta.related_objects:
        theirs = relation.related_model._default_manager  # of the floor above: its own verb
        if hasattr(theirs, "move"):
            theirs.move(other, person)
    for kept in (other.consents, other.looks):
        kept.update(subscriber=person)
    # What came to either is not sent again; an issue that runs reaches them once.
    had = list(person.deliveries.values_list("issue", flat=True))
    other.deliveries.exclude(issue__in=had).update(subscriber=person)
    _keep_livelier(person, other)
    other.delete()


def _keep_livelier(person: Subscriber, other: Subscriber) -> None:
    """Nobody who gets letters there loses them by this."""
    if other.gets_letters and not person.gets_letters:
        person.frequency, person.quiet = other.frequency, other.quiet
        person.all_topics = other.all_topics
        person.topics.set(other.topics.all())
    person.wants_notices = person.wants_notices or other.gets_notices
    if other.is_in and not other.paused_until:
        person.status, person.paused_until = other.status, None
    # The mailbox's own record.
    person.bounce_score, person.bounce_scored_at = other.bounce_score, other.bounce_scored_at
