"""An issue while it is put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication
from newsletter import digest, emails, mail

if TYPE_CHECKING:
    from .issues import Issue

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

    class Meta:
        abstract = True

    def posts(self: Issue) -> list[Post]:  # type: ignore[misc]
        """What it brings now, in its order; a post that is not public any more is not in it."""
        listed = Post.objects.listed().filter(issue_items__issue=self, issue_items__left_out=False)
        posts = listed.order_by("issue_items__position", "pk").select_related("author")
        return list(posts.prefetch_related("questions")[: digest.MOST])

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
        self.items.add_posts(self, self.edition.new_posts().order_by("published_at", "pk"))
        if not self.arranged and self.items.count() != known:
            newest = self.items.order_by("-post__published_at", "-post_id")
            self.items.number(newest.values_list("post_id", flat=True))

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
