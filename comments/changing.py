"""The form for other words: the reply form's own rules, for a reply that is there already."""

from __future__ import annotations

from django.utils.functional import cached_property

from comments import screening
from comments.forms import ReplyForm
from comments.models import Comment


class ChangeForm(ReplyForm):
    """Text and name. All else stays as it was given with the reply."""

    consent = quote = letters = known = email = question = to = None  # type: ignore[assignment]

    def __init__(self, data=None, *, comment: Comment, **kwargs):
        self.comment = comment
        super().__init__(data, post=comment.post, **kwargs)
        # Who took the name back may leave it so.
        self.fields["name"].required = bool(comment.name)

    @cached_property
    def draft(self) -> screening.Draft:
        """What is judged. The private link says whose it is."""
        return screening.Draft(
            post=self.post,
            text=self.cleaned_data["text"],
            name=self.cleaned_data["name"],
            question=self.comment.question,
            writer=self.comment.writer,
            suspicion=self.suspicion,
            is_crowded=self.request.is_crowded,
        )

    def needs_another_look(self) -> bool:
        """Something stands out that its writer may want to change, and they were not told yet."""
        return "sure" not in self.data and bool(self.hints)

    def send(self) -> bool:
        """False: the reply was taken back meanwhile."""
        words = self.cleaned_data
        return self.comment.change(words["text"], words["name"], screening.judge(self.draft))

    def clean_name(self) -> str:
        if not self.cleaned_data["name"] and not self.fields["name"].required:
            return ""
        return super().clean_name()
