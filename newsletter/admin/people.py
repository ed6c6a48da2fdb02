"""People in the admin: a list without addresses, and each one found by their whole address."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ValidationError
from django.urls import path
from django.utils.translation import gettext_lazy, ngettext

from newsletter import addresses
from newsletter.models import Look, Subscriber

from . import records


def spelled(typed: str) -> str:
    """An address as rows spell it; what is none finds nobody."""
    try:
        return addresses.clean(typed)
    except ValidationError:
        return typed


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    list_filter = ["status", "frequency"]
    list_per_page = 50
    show_full_result_count = False  # of a million rows, one count is enough
    ordering = ["-pk"]
    search_fields = ["=canonical"]
    search_help_text = gettext_lazy(
        "The whole address. Whom you find this way is noted on their record, with your name."
    )
    actions = ["unsubscribe"]

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/change/", view(records.record), name="newsletter_subscriber_change"),
            path("<int:pk>/erase/", view(records.erase), name="newsletter_subscriber_erase"),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("topics")

    def get_list_display(self, request):
        shown = ["address"] if request.GET.get(SEARCH_VAR) else []
        dates = ["signed_up_at", "confirmed_at", "unsubscribed_at"]
        return ["__str__", *shown, "status", "frequency", "wishes", *dates]

    def get_search_results(self, request, queryset, search_term):
        found = queryset.with_address(spelled(search_term)) if search_term else queryset
        return found, False

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", {}).get("cl")
        if shown and shown.query:
            Look.objects.note(shown.result_list, Look.Page.SEARCH, by=request.user)
        return response

    def has_add_permission(self, request):
        return False  # nobody is signed up by somebody else

    def has_delete_permission(self, request, obj=None):
        return False  # erasing has a page of its own, and leaves a hash

    @admin.display(description=gettext_lazy("address"))
    def address(self, person: Subscriber) -> str:
        return person.email

    @admin.display(description=gettext_lazy("topics"))
    def wishes(self, person: Subscriber) -> str:
        return records.topics_in_words(person)

    @admin.action(description=gettext_lazy("Stop all letters to these"), permissions=["change"])
    def unsubscribe(self, request, people):
        stopped = sum(person.unsubscribe() for person in people)
        said = ngettext("One person gets no more letters.", "%(count)d people get none.", stopped)
        messages.success(request, said % {"count": stopped})
