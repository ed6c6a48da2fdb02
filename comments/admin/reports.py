"""What readers reported, and of which nobody has said yet that it stays."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Report


class SettledFilter(admin.SimpleListFilter):
    """Those to look at, unless all are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("all", _("all"))]

    def choices(self, changelist):
        for value, words in [(None, _("to look at")), *self.lookup_choices]:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else {}, [self.parameter_name]
                ),
                "display": words,
            }

    def queryset(self, request, queryset):
        return queryset if self.value() == "all" else queryset.unsettled()


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin):
    list_display = ["reply", "reason", "created_at"]
    list_display_links = None
    list_filter = [SettledFilter]
    list_select_related = ["comment"]
    show_facets = admin.ShowFacets.NEVER
    actions = ["let_stay"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.change_comment")

    @admin.display(description=gettext_lazy("reply"))
    def reply(self, report: Report) -> str:
        words = _("Reply by %(name)s") % {"name": report.comment.name or _("somebody")}
        page = reverse("admin:comments_comment_change", args=[report.comment_id])
        return format_html('<a href="{}">{}</a>', page, words)

    @admin.action(
        description=gettext_lazy("I have looked: these replies stay"), permissions=["decide"]
    )
    def let_stay(self, request: HttpRequest, queryset) -> None:
        """Reports take the same words down no more."""
        count = queryset.settle()
        sentence = ngettext(
            "One reply stays, whatever is reported about these words.",
            "%(count)d replies stay, whatever is reported about these words.",
            count,
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)
