"""Pictures, each with what it shows in words."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.utils.translation import gettext_lazy

from blog.models import Image


class ImageForm(forms.ModelForm):
    # The name that a file comes with is never used, so it may be as long as it likes.
    file = forms.FileField(
        label=gettext_lazy("Picture"),
        widget=AdminFileWidget,
        error_messages={
            "required": gettext_lazy("Choose a picture. PNG, JPEG and WebP work."),
            "empty": gettext_lazy("This file is empty. Choose a picture."),
        },
    )

    class Meta:
        error_messages = {
            "alt": {"required": gettext_lazy("Say in a sentence what the picture shows.")}
        }


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    form = ImageForm
    fields = ["file", "alt", "caption"]
    list_display = ["alt", "width", "height", "created_at"]
    search_fields = ["alt", "caption"]

    def delete_queryset(self, request, queryset):
        for image in queryset:
            image.delete()
