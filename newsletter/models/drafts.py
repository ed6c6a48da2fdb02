"""An issue while it is put together."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication
from newsletter import digest, emails, mail
from newsletter.letters import Form

if TYPE_CHECKING:
    from .issues import Issue
    from .quotes import Quote

MOST_BYTES = 100_000  # Gmail hides the end of what is longer


class Draft(models.Model):
    """What it brings and in which words; nothing of it counts before it starts."""

    subject = models.CharField(
        _("subject"), max_length=150, blank=True, help_text=_("Made from the posts when empty.")
    )
    note = models.TextField(
        _("note on top"), blank=True, help_text=_("A few words of yours before the posts.")
    )
    # What it says, as data; text and html are made of it once, with a mark where each person's
    # own link goes. Who has had some of the posts gets a Variant.
    words = models.JSONField(default=dict, editable=False)
    text = models.TextField(_("text part"), blank=True, editable=False)
    html = models.TextField(_("HTML part"), blank=True, editable=False)
    # Set by hand: the order of its posts is not simply the newest first.
    arranged = models.BooleanField(default=False, editable=False)
    # Somebody stopped it: it does not go by itself, at no slot, until somebody says so.
    held = models.BooleanField(default=False, editable=False)
    # Grows with each save: who writes on an older page is told, and overwrites nothing.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def posts(self: Issue) -> list[Post]:  # type: ignore[misc]
        """What it brings now, in its order; a post that is not public any more is not in it."""
        listed = Post.objects.listed().filter(issue_items__issue=self, issue_items__left_out=False)
        if self.edition.is_of_stories:
            listed = listed.with_news()
        posts = listed.order_by("issue_items__position", "pk").select_related("author")
        return list(posts.prefetch_related("questions")[: digest.MOST])

    def stories(self: Issue) -> list[int]:  # type: ignore[misc]
        """The posts (by pk) that it has news on: as it was frozen, or as they are now."""
        if not self.edition.is_of_stories:
            return []
        if "stories" in self.words and not self.is_open:
            return [story["pk"] for story in self.words["stories"]]
        return [story.pk for story in digest.stories(self.posts())]

    @transaction.atomic
    def gather(self: Issue) -> bool:  # type: ignore[misc]
        """Take in what was published since; arranged by nobody, the newest comes first.

        False: it has started or was stopped meanwhile; what it brings does not change any more.
        """
        if not type(self).objects.open().select_for_update(no_key=True).filter(pk=self.pk).exists():
            return False
        self.take_in_new()
        return True

    def take_in_new(self: Issue) -> None:  # type: ignore[misc]
        known = self.items.count()
        fresh = self.edition.new_posts().order_by("published_at", "pk")
        if self.edition.is_of_stories:
            fresh = fresh[: max(0, 1 - known)]  # the others have a letter of their own
        self.items.add_posts(self, fresh)
        if not self.arranged and self.items.count() != known:
            newest = self.items.order_by("-post__published_at", "-post_id")
            self.items.number(newest.values_list("post_id", flat=True))

    @transaction.atomic
    def write(self: Issue, subject: str, note: str, quotes: Iterable[Quote], *, seen: int) -> bool:  # type: ignore[misc]
        """Keep these words. False: somebody saved since version `seen`, or it is no draft any more.

        Nothing is overwritten then, and the words are the caller's to give back.
        """
        mine = type(self).objects.drafts().filter(pk=self.pk, version=seen)
        written = mine.update(subject=subject, note=note, version=F("version") + 1)
        if written:
            self.chosen_quotes.choose(self, quotes)
        self.refresh_from_db()
        return bool(written)

    def move(self: Issue, post: int, by: int) -> bool:  # type: ignore[misc]
        """Put a post (by pk) so many places further down, or up."""
        order = list(self.items.values_list("post", flat=True))
        if post not in order:
            return False
        place = order.index(post)
        order.insert(max(0, place + by), order.pop(place))
        return self.arrange(order, leave_out=self._left_out())

    def leave_out(self: Issue, post: int) -> bool:  # type: ignore[misc]
        """It waits for the next issue."""
        return self._arrange_again(self._left_out() | {post})

    def take_in(self: Issue, post: int) -> bool:  # type: ignore[misc]
        return self._arrange_again(self._left_out() - {post})

    @transaction.atomic
    def arrange(self: Issue, order: Iterable[int], *, leave_out: Iterable[int] = ()) -> bool:  # type: ignore[misc]
        """Put posts (by pk) into this order and leave some out: they wait for the next issue."""
        if not type(self).objects.open().filter(pk=self.pk).update(arranged=True):
            return False
        self.items.number(order)
        left_out = set(leave_out)
        self.items.filter(post__in=left_out).update(left_out=True)
        self.items.exclude(post__in=left_out).update(left_out=False)
        self.refresh_from_db()
        return True

    def as_it_stands(self: Issue) -> mail.Words:  # type: ignore[misc]
        """Its words and its letter as they would be frozen now; not saved."""
        publication = Publication.current()
        with mail.at_home(publication):
            self.words = digest.words(
                publication, self.posts(), self.period, kind=self.edition.kind, note=self.note
            )
        return self.fitting(publication)

    def fitting(self: Issue, publication: Publication, *, omits: int = 0) -> mail.Words:  # type: ignore[misc]
        """The letter of its words, without what this number omits.

        One that is too large for mail programs brings fewer posts in full, more as titles.
        """
        letter = emails.frozen(self, publication, omits=omits)
        while self.words.get("in_full") and len(letter.html.encode()) > MOST_BYTES:
            self.words["in_full"] = min(self.words["in_full"], len(self.words["blocks"])) - 1
            letter = emails.frozen(self, publication, omits=omits)
        return letter

    def form(self: Issue, *, quiet: bool = False) -> Form:  # type: ignore[misc]
        """The letter as everybody gets it, or would if it went now; nothing is saved."""
        letter = copy(self)
        if self.is_open:
            made, letter.text, letter.html = letter.as_it_stands()
            letter.subject = self.subject or made
        standing = self.chosen_quotes.standing_ids()
        return emails.form(letter, Publication.current(), quiet=quiet, standing=standing)

    def _left_out(self: Issue) -> set[int]:  # type: ignore[misc]
        return set(self.items.filter(left_out=True).values_list("post", flat=True))

    def _arrange_again(self: Issue, leave_out: set[int]) -> bool:  # type: ignore[misc]
        return self.arrange(self.items.values_list("post", flat=True), leave_out=leave_out)
