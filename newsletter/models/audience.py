"""Writing down who gets an issue: one INSERT..SELECT a part, each person once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from blog.models import Post, Publication
from newsletter.outbox import OutboundQuerySet, Status

from .contents import IssuePost, Variant
from .editions import Edition
from .issues import PART, Issue
from .people import Subscriber

if TYPE_CHECKING:
    from .delivering import Delivery  # noqa: F401

COUNTS_AS_HAD = [Status.QUEUED, Status.SENDING, Status.SENT, Status.UNCERTAIN]
HAD_ALL, OTHER_TOPICS = "had it all", "other topics"


class AudienceQuerySet(OutboundQuerySet["Delivery"]):
    def begin(self, issue: Issue, *, size: int) -> None:
        """Fix who is on the list now, and write down the first part of them."""
        issue.freeze_until = Subscriber.objects.aggregate(last=models.Max("pk"))["last"] or 0
        issue.save(update_fields=["freeze_until"])
        self.go_on(issue, size=size)

    def go_on(self, issue: Issue, *, size: int = PART) -> bool:
        """Write down the next part of an issue's audience; False: it is done, or somebody does it.

        One INSERT..SELECT a part, with its place in the list in the same transaction: killed at any
        moment, the next worker goes on there.
        """
        with transaction.atomic():
            # One audience at a time: who changes their rhythm meanwhile is seen by both letters.
            # No lock on their keys, which other letters that start now refer to.
            list(Edition.objects.select_for_update(no_key=True).order_by("pk"))
            # Who cancels it meanwhile waits, and then finds everybody who is written down.
            freezing = Issue.objects.freezing().select_for_update(no_key=True)
            row = freezing.filter(pk=issue.pk).first()
            if row is None:
                return False
            self._freeze(row, *_next_part(row, size))
            row.save(update_fields=["candidates", "exclusions", "frozen_to", "frozen_at"])
        issue.refresh_from_db()
        return row.frozen_at is None

    def ring_for_the_rest(self, issue: Issue) -> None:
        from newsletter.tasks import freeze  # which imports the models

        freeze.delay_on_commit(issue.pk)  # type: ignore[attr-defined]

    def _freeze(self, issue: Issue, after: int, last: int) -> None:
        part = Q(pk__gt=after, pk__lte=last)
        left_out = {"paused": issue.resting().filter(part).count()}
        people = issue.audience().filter(part)
        omits = Omits.of(issue, people, self.model.objects.all())
        people = people.annotate(its_omits=omits.all, its_had=omits.had)
        wanted = people.exclude(its_omits=omits.everything) if omits.is_possible else people
        made = self._insert(issue, wanted)
        if omits.is_possible:
            left_out |= omits.counts(people)
            written = issue.deliveries.filter(subscriber__gt=after, subscriber__lte=last)
            _freeze_variants(issue, written)
        for reason, count in left_out.items():
            if count:
                issue.exclusions[reason] = issue.exclusions.get(reason, 0) + count
        issue.candidates += made + sum(left_out.values())

    def _insert(self, issue: Issue, people: QuerySet[Subscriber]) -> int:
        """One row for each of these people, in one statement; says how many."""
        now = timezone.now()
        row = {
            "status": Value(Status.QUEUED.value),
            "due_at": Value(now, models.DateTimeField()),
            "created_at": Value(now, models.DateTimeField()),
            "attempts": Value(0),
            "reason": Value(""),
            "issue_id": Value(issue.pk),
        }
        # An alias must not be called like a column of the table that is read.
        select, params = (
            people.order_by("pk")  # who came first is written to first, wherever the row lies
            .annotate(**{f"its_{name}": value for name, value in row.items()})
            .values_list(*(f"its_{name}" for name in row), "its_omits", "pk")
            .query.sql_with_params()
        )
        columns = ", ".join([*row, "omits", "subscriber_id"])
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.model._meta.db_table} ({columns}) {select}", params)
            return cursor.rowcount


def _next_part(issue: Issue, size: int) -> tuple[int, int]:
    """After which pk to which one the next so many people are; notes it on the issue."""
    after = issue.frozen_to
    people = Subscriber.objects.filter(pk__gt=after, pk__lte=issue.freeze_until)
    last = people.order_by("pk").values_list("pk", flat=True)[size - 1 : size].first()
    issue.frozen_to = last or issue.freeze_until
    if issue.frozen_to >= issue.freeze_until:
        issue.frozen_at = timezone.now()
    return after, issue.frozen_to


@dataclass(frozen=True)
class Omits:
    """As SQL: the bits of the posts that a person is to get a letter without.

    `had`: by another letter, or about to. `all`: also what has none of their topics. `everything`
    is the number that means every post; -1, which nobody has, while nothing can be left out.
    """

    had: Any
    all: Any
    everything: int

    @classmethod
    def of(cls, issue: Issue, people: QuerySet[Subscriber], deliveries: QuerySet) -> Omits:
        items = list(issue.items.all())
        seen = _seen(items, issue, deliveries)
        # Who follows a story hears of it, whatever else they chose.
        choosy = not issue.edition.is_of_stories and people.filter(all_topics=False).exists()
        other = {item.post_id: _of_other_topics(item) for item in items} if choosy else {}
        both = {post: seen.get(post, Q()) | other.get(post, Q()) for post in {*seen, *other}}
        everything = sum(item.bit for item in items) if both else -1
        return cls(_bits(items, seen), _bits(items, both), everything)

    @property
    def is_possible(self) -> bool:
        return self.everything >= 0

    def counts(self, people: QuerySet) -> dict[str, int]:
        """Why so many people get nothing."""
        nothing = people.filter(its_omits=self.everything)
        had = nothing.filter(its_had=self.everything).count()
        return {HAD_ALL: had, OTHER_TOPICS: nothing.count() - had}


def note_what_came_since(rows: QuerySet, issue: Issue) -> None:
    """Before these go again: who had some of its posts by another letter gets it without them."""
    mine = rows.filter(issue=issue)
    people = Subscriber.objects.filter(deliveries__in=mine)
    omits = Omits.of(issue, people, rows.model.objects.all())
    if not omits.is_possible:
        return
    people = people.annotate(its_omits=omits.all, its_had=omits.had)
    some: dict[tuple[int, int], list[int]] = {}
    for person, bits, had in people.exclude(its_omits=0).values_list("pk", "its_omits", "its_had"):
        some.setdefault((bits, had), []).append(person)
    for (bits, had), persons in some.items():
        theirs = mine.filter(subscriber__in=persons)
        theirs.update(omits=F("omits").bitor(bits))
        why = OTHER_TOPICS if bits != had else HAD_ALL
        theirs.filter(omits=omits.everything).update(status=Status.SKIPPED, reason=why)
    _freeze_variants(issue, mine)


def _seen(items: list[IssuePost], issue: Issue, deliveries: QuerySet) -> dict[int, Q]:
    """Of each post that other letters bring: who has had it, or is about to."""
    others = IssuePost.objects.filter(post__in=[item.post_id for item in items])
    others = others.exclude(issue=issue).filter(issue__started_at__isnull=False)
    seen: dict[int, Q] = {}
    for other in others:
        got = deliveries.filter(
            issue=other.issue_id, subscriber=OuterRef("pk"), status__in=COUNTS_AS_HAD
        )
        got = got.annotate(missed=F("omits").bitand(other.bit)).filter(missed=0)
        seen[other.post_id] = seen.get(other.post_id, Q()) | Q(Exists(got))
    return seen


def _of_other_topics(item: IssuePost) -> Q:
    """Who chose topics, and none of this post's. Of who wants everything, nothing more is asked."""
    topics = Post.tags.through.objects.filter(post=item.post_id).values("tag")
    chosen = Subscriber.topics.through.objects.filter(subscriber=OuterRef("pk"))
    # Whose last topic was deleted wants everything again: so says their page.
    chose_other = Q(Exists(chosen)) & ~Q(Exists(chosen.filter(tag__in=topics)))
    return Q(all_topics=False) & chose_other


def _bits(items: list[IssuePost], who: dict[int, Q]) -> Any:
    """The sum of the bits of those posts for which this holds."""
    bits: Any = Value(0, BigIntegerField())
    for item in items:
        if item.post_id in who:
            bits = bits + Case(When(who[item.post_id], then=Value(item.bit)), default=Value(0))
    return bits


def _freeze_variants(issue: Issue, written: QuerySet) -> None:
    """The letters of people who get only some of it; a subject that somebody typed is kept."""
    publication = Publication.current()
    omits = written.exclude(omits=0).order_by().values_list("omits", flat=True).distinct()
    words = issue.words
    for bits in set(omits) - set(issue.variants.values_list("omits", flat=True)):
        issue.words = dict(words)  # another letter may need to be shortened elsewhere
        subject, text, html = issue.fitting(publication, omits=bits)
        issue.words = words
        if words.get("subject_typed"):
            subject = issue.subject
        Variant.objects.create(issue=issue, omits=bits, subject=subject, text=text, html=html)
