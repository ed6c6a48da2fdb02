"""Quotes: what a reader said and allowed letters to repeat, for as long as it stands."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import emails

from .contents import Variant
from .editions import Edition
from .issues import Issue


class QuoteQuerySet(models.QuerySet["Quote"]):
    def standing(self) -> QuoteQuerySet:
        """Those that may be shown: a post that is withdrawn takes what was said of it along."""
        return self.filter(post__in=Post.objects.published())

    def choosable(self, edition: Edition, *, besides: Issue | None = None) -> QuoteQuerySet:
        """What the next letter of this edition may say again: it did not yet. Newest first.

        `besides`: a draft that is being written, whose own quotes may be chosen again.
        """
        taken = IssueQuote.objects.filter(edition=edition)
        if besides:
            taken = taken.exclude(issue=besides)
        fresh = self.filter(post__in=Post.objects.listed()).exclude(chosen__in=taken)
        return fresh.select_related("post").order_by("-made_at", "-pk")

    @transaction.atomic
    def keep(self, reference: str, *, post: Post, text: str, name: str) -> None:
        """It may be quoted, in these words and under this name.

        Other words or another name are another quote: frozen letters hold the old ones.
        """
        if not self.filter(reference=reference, text=text, name=name).exists():
            self.take_back(reference)
            self.create(reference=reference, post=post, text=text, name=name)

    @transaction.atomic
    def take_back(self, reference: str) -> bool:
        """It may not be quoted any more: gone, and cut out of letters that are frozen."""
        # Letters before quotes, as who starts one: else each would wait for the other.
        chosen_in = Issue.objects.filter(chosen_quotes__quote__reference=reference)
        list(chosen_in.select_for_update(of=("self",)).order_by("pk"))
        # Locked, so that whoever is choosing it has either done so or cannot.
        quote = self.select_for_update().filter(reference=reference).first()
        if quote is None:
            return False
        letters = Issue.objects.filter(chosen_quotes__quote=quote)
        for issue in letters.select_for_update(of=("self",)):
            letters_of_it: list[Issue | Variant] = [issue, *issue.variants.all()]
            for letter in letters_of_it:
                letter.text = emails.without_quote(letter.text, quote.pk, issue)
                letter.html = emails.without_quote(letter.html, quote.pk, issue)
                letter.save(update_fields=["text", "html"])
        quote.delete()
        return True


class Quote(models.Model):
    """What a reader said under a post. The floor above writes it, and takes it back."""

    # Chosen by the floor above; also the name of its place on the post's page.
    reference = models.CharField(max_length=60, unique=True, editable=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="quotes", verbose_name=_("post"))
    text = models.TextField(_("text"))
    name = models.CharField(_("name"), max_length=80)
    made_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="quote_says_something", condition=~Q(text="")),
            models.CheckConstraint(name="quote_can_be_taken_back", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return _("quote %(pk)s") % {"pk": self.pk}

    @property
    def path(self) -> str:
        """Where it stands on the site."""
        return f"{self.post.get_absolute_url()}#{self.reference}"

    @property
    def quoted(self) -> str:
        """Its words in the quotation marks of the language."""
        return gettext("“%(words)s”") % {"words": self.text}

    @property
    def paragraphs(self) -> list[str]:
        return self.quoted.split("\n\n")


class IssueQuoteQuerySet(models.QuerySet["IssueQuote"]):
    def standing(self) -> IssueQuoteQuerySet:
        """Those that may still be shown, in their order."""
        standing = self.filter(quote__in=Quote.objects.standing())
        return standing.select_related("quote__post").order_by("position")

    def standing_ids(self) -> set[int]:
        """What `emails.without_quotes` asks for."""
        return set(self.standing().values_list("quote", flat=True))

    def settle(self, issue: Issue) -> None:
        """Of the chosen ones those that stand, locked: the words are about to be frozen."""
        self.choose(issue, [chosen.quote for chosen in self.filter(issue=issue).standing()])

    @transaction.atomic
    def choose(self, issue: Issue, quotes: Iterable[Quote]) -> None:
        """These, in this order, are what the letter repeats; what was chosen before is not.

        What was taken back meanwhile is left out. The rest is locked until the transaction ends:
        freeze the words in the same one.
        """
        quotes = list(quotes)
        there = Quote.objects.standing().select_for_update().in_bulk([q.pk for q in quotes])
        self.filter(issue=issue).delete()
        self.bulk_create(
            self.model(issue=issue, edition_id=issue.edition_id, quote=quote, position=position)
            for position, quote in enumerate(quotes, 1)
            if quote.pk in there
        )


class IssueQuote(models.Model):
    """A quote in an issue. The edition stands here too, so that the database can say: once."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="chosen_quotes")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    quote = models.ForeignKey(Quote, models.CASCADE, related_name="chosen")
    position = models.PositiveSmallIntegerField(default=1)

    objects = IssueQuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote in an issue")
        verbose_name_plural = _("quotes in issues")
        ordering = ["issue", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "quote"], name="quote_once_per_edition"),
            models.UniqueConstraint(fields=["issue", "quote"], name="quote_once_per_issue"),
        ]

    def __str__(self) -> str:
        return str(self.quote)
