"""People in the admin: a list without addresses, and each one found by their whole address."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.http import Http404
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


def looked_for(request) -> str:
    """As the list understands it: one that it refuses shows everybody, so no addresses."""
    form = ChangeListSearchForm(request.GET)
    return form.cleaned_data[SEARCH_VAR] if form.is_valid() else ""


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
        shown = ["address"] if looked_for(request) else []
        dates = ["signed_up_at", "confirmed_at", "unsubscribed_at"]
        return ["__str__", *shown, "status", "frequency", "wishes", *dates]

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        found = queryset.with_address(spelled(search_term))
        Look.objects.note(found, Look.Page.SEARCH, by=request.user)
        return found, False

    def lookup_allowed(self, lookup, value, request=None):
        """Only what a filter offers: addresses could be guessed letter by letter."""
        return lookup.partition("__")[0] in self.list_filter

    def change_view(self, request, object_id, form_url="", extra_context=None):
        raise Http404  # an odd spelling of a number: the record is the only page with an address

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
