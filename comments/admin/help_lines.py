"""Whom to call, as the page after sending lists it. Whoever moderates keeps it right."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from comments.models import HelpLine


@admin.register(HelpLine)
class HelpLineAdmin(admin.ModelAdmin):
    list_display = ["country", "name", "number", "checked_on", "check_due"]
    fields = ["position", "country", "name", "number", "checked_on", "check_due"]
    actions = ["were_checked"]

    @admin.action(description=gettext_lazy("I have checked them: they are right"))
    def were_checked(self, request: HttpRequest, queryset) -> None:
        count = queryset.were_checked()
        sentence = ngettext(
            "One line is right. We ask again in half a year.",
            "%(count)d lines are right. We ask again in half a year.",
            count,
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)
