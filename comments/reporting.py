"""The form with which readers report a reply: one choice, one button, no word of their own."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from blog.forms import PublicForm
from comments.models import Comment, Report


class ReportForm(PublicForm):
    reason = forms.ChoiceField(
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please choose what is wrong with it."),
            "invalid_choice": gettext_lazy("Please choose what is wrong with it."),
        },
    )

    @property
    def chosen(self) -> str:
        return str(self["reason"].value() or "")

    def report(self, comment: Comment) -> None:
        """Counted once for each client and day. What only a machine fills in counts nothing."""
        if self.suspicion != "honeypot":
            Report.objects.take(
                comment, reason=self.cleaned_data["reason"], client=self.request.client
            )
