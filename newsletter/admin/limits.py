"""How fast mail may leave, and which carrier rests just now."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from newsletter.models import Bucket, Rest

from .pages import ReadOnly


@admin.register(Bucket)
class BucketAdmin(admin.ModelAdmin):
    """Limits of carriers. What one letter may do at most is set on its own page."""

    list_display = ["carrier", "allowed", "seconds"]
    fields = ["carrier", "allowed", "seconds"]

    def get_queryset(self, request):
        return Bucket.objects.of_carriers().order_by("carrier", "seconds")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        words = {
            "carrier": gettext_lazy("As the machinery calls it: file, smtp, mailgun or resend."),
            "allowed": gettext_lazy(
                "A tenth of it may go at once, the rest comes in evenly. "
                "A mail that somebody waits for always goes, and counts. 0 stops all letters."
            ),
        }
        if field and db_field.name in words:
            field.help_text = words[db_field.name]
        return field


@admin.register(Rest)
class RestAdmin(ReadOnly):
    """Carriers that said “not now”: nobody asks them before then. A rest ends by itself."""

    list_display = ["carrier", "until", "times"]
