"""Slow Signal as rows. Each kind is loaded once, in one transaction, and never touched again:
what a person changed, took back or deleted since stays as they left it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from blog.models import Author, Image, Post, Publication, Question, Tag
from comments import screening
from comments.models import Comment, Writer, states
from comments.models.arriving import CONSENT_WORDING as REPLY_WORDING
from comments.signals import Signal
from newsletter import schedule, tokens
from newsletter.models import Edition, Quote, Subscriber, Suppression, Tally
from newsletter.models.consents import CONSENT_WORDING as SIGN_UP_WORDING

from . import files

NINE = time(9, 0)
SINCE = date(2025, 4, 1)


def public_id(name: str) -> str:
    """The same at each load, so that a row is known again whatever became of it."""
    digest = hashlib.sha256(f"slow signal: {name}".encode()).digest()
    letters = (tokens.ALPHABET[byte % len(tokens.ALPHABET)] for byte in digest)
    return "".join(letters)[: tokens.ID_LENGTH]


class Demo:
    """Loads Slow Signal for one author's account."""

    def __init__(self, sara: User) -> None:
        self.sara = sara
        self.author: Author = sara.author
        self.now = timezone.now()
        self.publication = Publication.current()

    def load(self) -> list[str]:
        """Load what is missing; says which kinds that was."""
        kinds: list[tuple[str, Callable[[], bool], Callable[[], None]]] = [
            ("posts", self._has_posts, self._load_posts),
            ("replies", self._has_replies, self._load_replies),
            ("issues", self._has_issues, self._load_issues),
            ("subscribers", self._has_subscribers, self._load_subscribers),
        ]
        return [name for name, there, load in kinds if not there() and self._whole(load)]

    def _whole(self, load: Callable[[], None]) -> bool:
        with transaction.atomic(), timezone.override(self.publication.zone):
            load()
        return True

    def _at(self, day: date, clock: time = NINE) -> datetime:
        return schedule.instant(day, clock, self.publication.zone)

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.publication.zone).date()

    @cached_property
    def _posts(self) -> dict[str, Post]:
        """Those that are still there, by slug."""
        slugs = [text.slug for text in files.posts()]
        return {post.slug: post for post in Post.objects.filter(slug__in=slugs)}

    # Posts

    def _has_posts(self) -> bool:
        return bool(self._posts)

    def _load_posts(self) -> None:
        for text in files.posts():
            self._load_post(text)
        del self._posts

    def _load_post(self, text: files.Text) -> None:
        facts = text.facts
        published_at = self._published_at(facts)
        post = Post.objects.create(
            title=facts["title"],
            slug=text.slug,
            author=self.author,
            lead_image=self._image(facts),
            summary=facts.get("summary", ""),
            in_short="\n".join(facts["in_short"]),
            body=text.body,
            published_at=published_at,
            replies_closed_at=self._days_ago(2) if facts.get("replies") == "closed" else None,
            created_at=published_at or self._days_ago(4),
        )
        post.tags.set([_tag(name) for name in facts["tags"]])
        post.follows_up.set(Post.objects.filter(slug=facts.get("follows_up", "")))
        for position, question in enumerate(facts["closing_questions"], 1):
            post.questions.create(position=position, text=question)
        touched_at = published_at or self._at(self._today - timedelta(days=1), time(21, 40))
        Post.objects.filter(pk=post.pk).update(updated_at=min(touched_at, self.now))

    def _published_at(self, facts: dict) -> datetime | None:
        """On its date, so many days from now, or never: a draft."""
        if "scheduled" in facts:
            return self._at(self._today + timedelta(days=facts["scheduled"]))
        return self._at(facts["published"]) if "published" in facts else None

    def _image(self, facts: dict) -> Image | None:
        if "image" not in facts:
            return None
        content = (files.FOLDER / "images" / facts["image"]).read_bytes()
        hero = facts["hero"]
        return Image.objects.create(
            file=ContentFile(content, name=facts["image"]), alt=hero["alt"], caption=hero["caption"]
        )

    # Replies

    def _has_replies(self) -> bool:
        ids = [public_id(row["key"]) for row in files.rows("replies.yaml")]
        return Comment.objects.filter(public_id__in=ids).exists()

    def _load_replies(self) -> None:
        rows = files.rows("replies.yaml")
        there: dict[str, Comment] = {}
        for row in rows:
            if row["post"] in self._posts and (not row["parent"] or row["parent"] in there):
                there[row["key"]] = self._load_reply(row, there.get(row["parent"]))
        for row in rows:
            if row["state"] == "withdrawn" and row["key"] in there:
                self._take_back(there[row["key"]])

    def _load_reply(self, row: dict, parent: Comment | None) -> Comment:
        sent_at = self._sent_at(row)
        answer = row.get("author") and parent and parent.answer(by=self.sara, body=row["text"])
        if answer:
            comment = answer
        else:
            comment = self._held(row, parent, sent_at)
            self._decide(comment, row["state"])
        decided_at = min(sent_at + timedelta(hours=3), self.now)
        facts = {"public_id": public_id(row["key"]), "created_at": sent_at}
        if comment.is_published:
            facts["published_at"] = sent_at if row.get("author") else decided_at
        Comment.objects.filter(pk=comment.pk).update(**facts)
        comment.decisions.update(at=facts.get("published_at", decided_at))
        Quote.objects.filter(reference=comment.anchor).update(made_at=decided_at)
        comment.refresh_from_db()
        return comment

    def _held(self, row: dict, parent: Comment | None, sent_at: datetime) -> Comment:
        post = self._posts[row["post"]]
        may_quote = row.get("may_be_quoted", False)
        question = post.questions.filter(position=row["question"]).first()
        signals = self._noticed(row, post, question)
        return Comment.objects.create(
            public_id=public_id(row["key"]),
            post=post,
            question=question,
            signals=[signal.as_json() for signal in signals],
            lane=states.lane_for(signals, known=False),
            parent=parent,
            root=parent and (parent.root or parent),
            writer=Writer.objects.create(public_id=public_id(f"writer of {row['key']}")),
            name=row["name"],
            body=row["text"] or "…",  # taken back below, when its answer is there
            created_at=sent_at,
            waiting_since=sent_at,
            consent_at=sent_at,
            consent_wording=REPLY_WORDING,
            may_quote=may_quote,
            may_quote_since=sent_at if may_quote else None,
        )

    def _noticed(self, row: dict, post: Post, question: Question | None) -> list[Signal]:
        """What stands out in those that nobody has looked at, or that are spam."""
        if row["state"] not in {"pending", "spam"}:
            return []
        post.publication = self.publication
        draft = screening.Draft(post=post, text=row["text"], name=row["name"], question=question)
        return screening.judge(draft).signals

    def _decide(self, comment: Comment, state: str) -> None:
        if state in {"published", "withdrawn"}:
            comment.publish(by=self.sara)
        elif state == "rejected":
            comment.reject(by=self.sara)
        elif state == "spam":
            comment.mark_spam(by=self.sara)

    def _take_back(self, comment: Comment) -> None:
        comment.withdraw()
        at = comment.created_at + timedelta(days=4)
        Comment.objects.filter(pk=comment.pk).update(withdrawn_at=at)
        comment.decisions.filter(by=None).update(at=at)

    def _sent_at(self, row: dict) -> datetime:
        if "hours_ago" in row:
            return self.now - timedelta(hours=row["hours_ago"])
        return self._at(row["date"], time(12, 0))

    # Newsletter

    def _has_issues(self) -> bool:
        return Edition.objects.filter(issues__isnull=False).exists()

    def _load_issues(self) -> None:
        """Posts 1 to 7 went out on the Sunday after each, before anybody of today was there."""
        weekly = Edition.objects.get(kind=Edition.Kind.WEEKLY)
        for post in Post.objects.listed().filter(
            published_at__lt=weekly.since, slug__in=self._posts
        ):
            period = schedule.next_slot(weekly.rhythm, post.published_at or self.now)
            weekly.issues.record_sent(
                weekly, [post], period, public_id=public_id(f"issue with {post.slug}")
            )

    def _has_subscribers(self) -> bool:
        ids = [public_id(row["email"]) for row in files.rows("subscribers.yaml") if "email" in row]
        return Subscriber.objects.filter(public_id__in=ids).exists()

    def _load_subscribers(self) -> None:
        for row in files.rows("subscribers.yaml"):
            if "email" in row and not Subscriber.objects.with_address(row["email"]).exists():
                self._load_subscriber(row)
        self._count_subscribers()

    def _count_subscribers(self) -> None:
        """When they came and went, as if it had been counted on those days."""
        Tally.objects.all().delete()
        days = Subscriber.objects.values_list("confirmed_at", "unsubscribed_at")
        for joined, left in days:
            if joined:
                Tally.objects.count("joined", day=joined.date())
            if joined and left:
                Tally.objects.count("left", day=left.date())

    def _load_subscriber(self, row: dict) -> None:
        subscriber = Subscriber.objects.create(
            public_id=public_id(row["email"]),
            email=row["email"],
            frequency=row["frequency"],
            quiet=row["quiet"],
            source=row.get("source", "site"),
            signed_up_at=self._days_ago(row["signed_up_days_ago"]),
        )
        confirmed_at = None
        if "confirmed_days_ago" in row:
            confirmed_at = self._days_ago(row["confirmed_days_ago"])
            subscriber.confirm()
            Subscriber.objects.filter(pk=subscriber.pk).update(confirmed_at=confirmed_at)
        if subscriber.source != "import":  # who came in a file never told us yes
            subscriber.consents.create(
                wording=SIGN_UP_WORDING,
                page=subscriber.source,
                given_at=subscriber.signed_up_at,
                confirmed_at=confirmed_at,
            )
        self._leave(subscriber, row)

    def _leave(self, subscriber: Subscriber, row: dict) -> None:
        if "paused_days" in row:
            subscriber.pause(until=self._days_ago(-row["paused_days"]).date())
        if "unsubscribed_days_ago" in row:
            subscriber.unsubscribe()
            left_at = self._days_ago(row["unsubscribed_days_ago"])
            Subscriber.objects.filter(pk=subscriber.pk).update(unsubscribed_at=left_at)
        if "suppressed" in row:
            Suppression.objects.add_address(row["email"], row["suppressed"])

    def _days_ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


def _tag(name: str) -> Tag:
    return Tag.objects.get_or_create(slug=slugify(name), defaults={"name": name})[0]


def since() -> datetime:
    """Every edition's beginning: the posts before are in issues that went long ago."""
    return datetime.combine(SINCE, time(0, 0), UTC)
