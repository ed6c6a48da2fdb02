"""Whose publication this is, and its fixed pages."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from blog.models import Mode, Page, Publication

from .rules import QUIET_HOURS, WAIT_IN_QUIET_HOURS
from .signs import without_signs


class PageForm(forms.ModelForm):
    slug = forms.ChoiceField(
        label=gettext_lazy("Address"),
        choices=[(slug, f"/{slug}/") for slug in (*Page.ADDRESSES, "newsletter")],
    )


@admin.register(Page)
class PageAdmin(admin.ModelAdmin):
    """Every page of the site links to these, so they can be written but not taken away."""

    form = PageForm
    fields = ["title", "slug", "body"]
    list_display = ["title", "slug", "updated_at"]

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []

    def get_view_on_site_url(self, obj: Page | None = None) -> str | None:
        return obj.get_absolute_url() if obj else None

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class PublicationForm(forms.ModelForm):
    # Only languages that we have sentences in: another would mix English words with its dates.
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    replies_mode = forms.ChoiceField(label=gettext_lazy("New replies"), choices=Mode.choices)

    class Meta:
        help_texts = {
            "replies_close_after": gettext_lazy("Empty: they stay open."),
            "quiet_from": WAIT_IN_QUIET_HOURS,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["replies_mode"] = self.instance.replies_mode or Mode.FIRST


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    """There is one, so its list is its form."""

    form = PublicationForm
    fieldsets = [
        (None, {"fields": ["name", "tagline", "disclaimer", "banner", "language", "time_zone"]}),
        (
            gettext_lazy("Mail"),
            {"fields": ["from_name", "from_address", "postal_address", "message_id_domain"]},
        ),
        (
            gettext_lazy("Replies"),
            {
                "fields": ["replies_mode", "replies_close_after", QUIET_HOURS, "replies_feed"],
                "description": gettext_lazy("This holds for every post without rules of its own."),
            },
        ),
        (gettext_lazy("When you are away"), {"fields": ["is_away", "deputy"]}),
    ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Accounts are made elsewhere: no signs for it beside the deputy."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return without_signs(field)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "deputy":
            kwargs["queryset"] = get_user_model().objects.filter(is_staff=True, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and not Publication.objects.exists()

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def changelist_view(self, request, extra_context=None):
        if publication := Publication.objects.first():
            return redirect("admin:blog_publication_change", publication.pk)
        return super().changelist_view(request, extra_context)
