"""What a post's page shows of its replies: two levels, oldest first, from one query or two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from blog.models import Post, Question
from comments.models import Comment


@dataclass(frozen=True)
class Place:
    """One line of the thread: a reply that is shown, or a stub for one that others answered."""

    comment: Comment
    parent: Comment | None = None
    opens: bool = False  # the first answer below a reply: the inner list begins
    closes: bool = False  # the last one: it ends
    has_answers: bool = False

    @property
    def is_stub(self) -> bool:
        return not self.comment.is_published

    @property
    def said_of(self) -> str:
        """What it is a reply to, in a line under the name."""
        if self.comment.parent_id:
            return _("to %(whom)s") % {"whom": _called(self.parent)}
        if self.comment.question:
            return _("answering “%(question)s”") % {"question": self.comment.question}
        return ""

    @property
    def called(self) -> str:
        """How links name it to somebody who hears them: “Sara’s reply to Marigold”, “Marigold”."""
        if self.comment.author_id and self.comment.parent_id:
            names = {"name": self.comment.name, "whom": _called(self.parent)}
            return _("%(name)s’s reply to %(whom)s") % names
        return self.comment.name


class Thread:
    """The published replies of one post, asked for once however many tags want them."""

    def __init__(self, post: Post) -> None:
        shown = post.comments.published().select_related("question")
        self.shown = list(shown.defer("body", "fingerprint", "consent_wording"))
        self.per_question = Counter(c.question_id for c in self.shown if not c.parent_id)

    @classmethod
    def of(cls, post: Post) -> Thread:
        if not hasattr(post, "_thread"):
            post._thread = cls(post)
        return post._thread

    def __len__(self) -> int:
        return len(self.shown)

    def first_to(self, question: Question) -> Comment:
        return next(c for c in self.shown if c.question_id == question.pk and not c.parent_id)

    def places(self) -> Iterator[Place]:
        """Line by line, as the page has them; each answer below its first-level reply."""
        known = self._known()
        below: dict[int, list[Comment]] = {}
        for comment in self.shown:
            if comment.root_id:
                below.setdefault(comment.root_id, []).append(comment)
        roots = [c for c in known.values() if not c.root_id and (c.is_published or c.pk in below)]
        for root in sorted(roots, key=lambda c: (c.created_at, c.pk)):
            answers = below.get(root.pk, [])
            yield Place(root, has_answers=bool(answers))
            for comment in answers:
                yield Place(
                    comment,
                    parent=known.get(comment.parent_id),
                    opens=comment is answers[0],
                    closes=comment is answers[-1],
                )

    def _known(self) -> dict[int, Comment]:
        """The shown ones, and what they answer that is not shown: of that no word is loaded."""
        known = {comment.pk: comment for comment in self.shown}
        wanted = {pk for c in self.shown for pk in (c.root_id, c.parent_id) if pk} - known.keys()
        if wanted:
            hidden = Comment.objects.filter(pk__in=wanted)
            known |= hidden.only("status", "created_at", "root", "author").in_bulk()
        return known


def _called(comment: Comment | None) -> str:
    if comment is None or not (comment.is_published or comment.is_withdrawn):
        return _("a reply that is not shown")
    return comment.name if comment.is_published else _("a removed reply")
