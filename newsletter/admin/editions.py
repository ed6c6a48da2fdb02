"""Editions in the admin: which letter goes when."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy

from newsletter.models import Edition


class EditionForm(forms.ModelForm):
    is_on = forms.BooleanField(
        label=gettext_lazy("switched on"),
        required=False,
        help_text=gettext_lazy("Its first letter goes at the first time after you save."),
    )

    class Meta:
        model = Edition
        fields = ["kind", "is_on", "goes_by_itself", "weekday", "day", "at", "since"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["is_on"].initial = self.instance.is_on

    def save(self, commit=True):
        # Any change of rhythm begins anew: a time that is past already must not send at once.
        if not self.cleaned_data["is_on"]:
            self.instance.switched_on_at = None
        elif {"is_on", "goes_by_itself", "weekday", "day", "at"} & set(self.changed_data):
            self.instance.switched_on_at = timezone.now()
        return super().save(commit)


@admin.register(Edition)
class EditionAdmin(admin.ModelAdmin):
    form = EditionForm
    list_display = ["__str__", "on", "goes_by_itself", "goes_next"]

    def get_readonly_fields(self, request, obj=None):
        return ["kind"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=gettext_lazy("switched on"), boolean=True)
    def on(self, edition: Edition) -> bool:
        return edition.is_on

    @admin.display(description=gettext_lazy("goes next"))
    def goes_next(self, edition: Edition):
        return edition.goes_at()
