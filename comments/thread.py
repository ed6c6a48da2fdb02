"""What a post's page shows of its replies: two levels, oldest first, so many a page.

Two queries, however many there are: one counts them, one loads those of the page. Each reply is
put together here: fifty of them took 10 ms of a template, and take 6 ms this way. The lists
around them are in `_thread.html`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from blog import markup
from blog.models import Post, Question
from blog.models.questions import Wording
from comments.models import Comment

A_PAGE = 50
FEW = 5  # so many more stay on the last page

ARTICLE = """\
<article class="panel reply{author}" id="{anchor}">
  <h3>{name}{badge}</h3>
  <p class="small">{said_of}<time datetime="{iso}">{day}</time></p>
  {body}
  <footer class="row">{links}</footer>
</article>"""
LINK = '<a class="tap" href="{}">{}<span class="hear"> {}</span></a>'
STUB = '<p class="panel stub">{}</p>'


def in_order(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    """Each first reply, oldest first, with all that was answered below it, oldest first."""
    return comments.alias(
        thread_at=Coalesce("root__created_at", "created_at"),
        thread_pk=Coalesce("root_id", "pk"),
    ).order_by("thread_at", "thread_pk", F("root_id").asc(nulls_first=True), "created_at", "pk")


class Thread:
    """The published replies of one post, counted once however many tags want to know."""

    def __init__(self, post: Post) -> None:
        self.post = post

    @classmethod
    def of(cls, post: Post) -> Thread:
        """The post carries it, for as long as one page is drawn."""
        return post.__dict__.setdefault("_thread", cls(post))

    def __len__(self) -> int:
        return sum(self._counts.values())

    def answers_to(self, question: Question) -> int:
        """How many answer it; a reply to a reply is no answer of its own."""
        return self._counts[question.pk, True]

    def address(self, question: Question | None = None, number: int = 1) -> str:
        """Where a page of it stands; the first one has the post's own address."""
        wanted = [f"answers={question.public_id}"] if question else []
        wanted += [f"replies={number}"] if number > 1 else []
        query = f"?{'&'.join(wanted)}" if wanted else ""
        return f"{self.post.get_absolute_url()}{query}#replies"

    def place_of(self, comment: Comment) -> str:
        """Where one of its replies stands: the address of its page, and its anchor there."""
        before = list(in_order(self._shown()).values_list("pk", flat=True))
        pages = Paginator(before, A_PAGE, orphans=FEW).num_pages
        number = min(before.index(comment.pk) // A_PAGE + 1, pages)
        return self.address(number=number).replace("#replies", f"#{comment.anchor}")

    def part(self, wanted: Mapping[str, str]) -> Part:
        """The page that a reader's address asks for. Nonsense asks for the first, too much for
        the last, an unknown question for all."""
        asked = wanted.get("answers", "")
        question = next((q for q in self.post.questions.all() if q.public_id == asked), None)
        count = len(self)
        if question:
            count = self._counts[question.pk, True] + self._counts[question.pk, False]
        pages = Paginator(range(count), A_PAGE, orphans=FEW)
        return Part(self, question, pages.get_page(wanted.get("replies", 1)))

    def rows(self, question: Question | None, start: int, stop: int) -> list[Any]:
        """Those at these places, with what may be said of what they answer."""
        chosen = in_order(self._shown(question)).values("pk")[start:stop]
        asked = Wording.objects.filter(
            question=OuterRef("question"), until__gt=OuterRef("created_at")
        ).order_by("until")
        rows = Comment.objects.filter(pk__in=chosen).annotate(
            was_asked=Coalesce(Subquery(asked.values("text")[:1]), "question__text"),
            **_what_is_shown_of("parent"),
            **_what_is_shown_of("root"),
        )
        return list(in_order(rows).only(*COLUMNS))

    def _shown(self, question: Question | None = None) -> QuerySet[Comment]:
        """All, or those that answer a question and what was said below them."""
        of_question = Coalesce("root__question_id", "question_id")
        shown = self.post.comments.published().annotate(of_question=of_question)
        return shown.filter(of_question=question.pk) if question else shown

    @cached_property
    def _counts(self) -> Counter[tuple[int | None, bool]]:
        """By the question, and whether it is of the first level."""
        shown = self._shown().annotate(is_first=Q(root=None)).order_by()
        counted = shown.values_list("of_question", "is_first").annotate(Count("pk"))
        return Counter({(question, bool(first)): n for question, first, n in counted})


# A column left out here is a query for each.
COLUMNS = ["public_id", "name", "body_html", "created_at", "author", "parent", "root", "status"]


def _what_is_shown_of(relation: str) -> dict[str, Any]:
    """Of what it answers: no name of a hidden reply is even loaded, and none of another post."""
    here = Q(**{f"{relation}__post": F("post")})
    shown = here & Q(**{f"{relation}__status": Comment.Status.PUBLISHED})
    facts = {"status": here, "name": shown, "public_id": shown}
    return {
        f"{relation}_{fact}": Case(When(when, F(f"{relation}__{fact}")), default=Value(""))
        for fact, when in facts.items()
    }


@dataclass
class Branch:
    """A first-level reply, or a line in its place, and what was answered below it."""

    root: int
    head: SafeString
    answers: list[SafeString] = field(default_factory=list)
    more_of: str = ""  # whose answers go on with the next page


@dataclass(frozen=True)
class Part:
    """One page of a thread: of all replies, or of the answers to one question."""

    thread: Thread
    question: Question | None
    page: Page

    @property
    def earlier(self) -> int:
        """How many stand on the pages before it."""
        return max(self.page.start_index() - 1, 0)

    @property
    def later(self) -> int:
        return self.page.paginator.count - self.page.end_index()

    @property
    def earlier_address(self) -> str:
        return self.thread.address(self.question, self.page.number - 1)

    @property
    def later_address(self) -> str:
        return self.thread.address(self.question, self.page.number + 1)

    @property
    def newest_address(self) -> str:
        """The last page, where that is not the next one."""
        last = self.page.paginator.num_pages
        return self.thread.address(self.question, last) if last > self.page.number + 1 else ""

    @cached_property
    def branches(self) -> list[Branch]:
        """One more row is read than is shown, to know whose answers go on."""
        start, stop = self.earlier, self.page.end_index()
        rows = self.thread.rows(self.question, start, stop + 1)
        branches = list(self._grown(rows[: stop - start]))
        following = next(iter(rows[stop - start :]), None)
        if branches and following and following.root_id == branches[-1].root:
            branches[-1].more_of = _named(following, "root")
        return branches

    def _grown(self, rows: list[Any]) -> Iterator[Branch]:
        post = self.thread.post
        form = reverse("comments:reply", args=[post.slug]) if post.takes_replies else ""
        branch = None
        for row in rows:
            article = Place(row, form).html
            if branch and row.root_id == branch.root:
                branch.answers.append(article)
                continue
            if branch:
                yield branch
            if row.root_id is None:
                branch = Branch(row.pk, article)
            else:
                branch = Branch(row.root_id, _in_its_place(row), [article])
        if branch:
            yield branch


@dataclass(frozen=True)
class Place:
    """A reply that is shown."""

    row: Any
    form: str  # empty: the post takes no more

    @property
    def html(self) -> SafeString:
        row, day = self.row, localtime(self.row.created_at)
        return format_html(
            ARTICLE,
            author=" author" if row.author_id else "",
            anchor=row.anchor,
            name=row.shown_name,
            badge=format_html(" <b>{}</b>", _("Author")) if row.author_id else "",
            said_of=self._said_of(),
            iso=f"{day:%Y-%m-%d}",
            day=date_format(day, "j F Y"),
            body=markup.stored(row.body_html),
            links=self._links(),
        )

    def _links(self) -> SafeString:
        row, name = self.row, {"name": self._called()}
        links = [
            (
                reverse("comments:report", args=[row.public_id]),
                _("Report"),
                _("the reply by %(name)s") % name,
            ),
            (row.get_absolute_url(), _("Link"), _("to the reply by %(name)s") % name),
        ]
        if self.form:
            links.insert(
                0, (f"{self.form}?to={row.public_id}", _("Reply"), _("to %(name)s") % name)
            )
        return format_html_join(" ", LINK, links)

    def _said_of(self) -> str:
        """What it is a reply to."""
        if self.row.parent_id:
            said = _("to %(whom)s") % {"whom": _named(self.row, "parent")}
        elif self.row.was_asked:
            said = _("answering “%(question)s”") % {"question": self.row.was_asked}
        else:
            return ""
        return f"{said}\N{NO-BREAK SPACE}· "

    def _called(self) -> str:
        """How it is named to somebody who hears its links: several of them may be the author's."""
        if self.row.author_id and self.row.parent_id:
            names = {"name": self.row.name, "whom": _named(self.row, "parent")}
            return _("%(name)s, answering %(whom)s") % names
        return self.row.shown_name


def _named(row: Any, relation: str) -> str:
    status = getattr(row, f"{relation}_status")
    if status == Comment.Status.PUBLISHED:
        return getattr(row, f"{relation}_name") or _("A reader")
    if status == Comment.Status.WITHDRAWN:
        return _("a removed reply")
    return _("a reply that is not shown")


def _in_its_place(row: Any) -> SafeString:
    """A line where the reply would stand that `row` was written below."""
    if row.root_status == Comment.Status.WITHDRAWN:
        return format_html(STUB, _("A reply was removed by its writer."))
    if row.root_status != Comment.Status.PUBLISHED:
        return format_html(STUB, _("A reply that is not shown."))
    words = _("More answers to the reply by %(name)s") % {"name": _named(row, "root")}
    address = reverse("comments:place", args=[row.root_public_id])
    return format_html(STUB, format_html('<a class="tap" href="{}">{}</a>', address, words))
