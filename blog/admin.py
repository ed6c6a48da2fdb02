"""Writing: posts with their questions, pictures, fixed pages, and whose publication this is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminFileWidget,
    AdminTextareaWidget,
    RelatedFieldWidgetWrapper,
)
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Author, Image, Page, Post, Publication, Question, Tag

TOO_LONG = gettext_lazy(
    "Please shorten this to %(limit_value)d characters. It has %(show_value)d now."
)

LAST = 999


class EarlierPosts(forms.ModelMultipleChoiceField):
    def label_from_instance(self, post: Post) -> str:
        return f"{post.title}, {date_format(localtime(post.published_at), 'j F Y')}"


class PostForm(forms.ModelForm):
    class Meta:
        widgets = {
            "tags": forms.CheckboxSelectMultiple,
            "follows_up": forms.CheckboxSelectMultiple,
            "in_short": AdminTextareaWidget({"rows": 6}),
            "body": AdminTextareaWidget({"rows": 24}),
        }
        error_messages = {
            "title": {"max_length": TOO_LONG},
            "summary": {"max_length": TOO_LONG},
            "slug": {"max_length": TOO_LONG},
        }

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"].lower()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        at = cleaned.get("published_at") or timezone.now()
        for earlier in cleaned.get("follows_up") or []:
            if earlier == self.instance:
                self.add_error("follows_up", _("A post cannot follow up itself."))
            elif earlier.published_at >= at:
                words = _("“%(title)s” is not older than this post, so it cannot be followed up.")
                self.add_error("follows_up", words % {"title": earlier.title})
        return cleaned


class QuestionForm(forms.ModelForm):
    position = forms.IntegerField(
        label=gettext_lazy("Position"),
        required=False,
        min_value=1,
        max_value=LAST,
        help_text=gettext_lazy("1 comes first. Empty: it comes last."),
    )

    class Meta:
        widgets = {"text": AdminTextareaWidget({"rows": 2})}

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or LAST


class QuestionInline(admin.StackedInline):
    model = Question
    form = QuestionForm
    fields = ["text", "position"]
    extra = 1


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    form = PostForm
    inlines = [QuestionInline]
    list_display = ["title", "author", "state", "on_site"]
    list_filter = ["tags"]
    list_select_related = ["author"]
    search_fields = ["title", "body"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["state"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "author", "lead_image"]}),
        (gettext_lazy("Words"), {"fields": ["in_short", "summary", "body", "tags"]}),
        (
            gettext_lazy("News on an earlier post"),
            {"fields": ["follows_up"], "classes": ["collapse"]},
        ),
        (
            gettext_lazy("When and where"),
            {"fields": ["state", "published_at", "unlisted", "replies_closed_at", "withdrawn_at"]},
        ),
    ]

    @admin.display(description=gettext_lazy("state"), ordering="published_at")
    def state(self, post: Post) -> str:
        return post.state

    @admin.display(description=gettext_lazy("on the site"))
    def on_site(self, post: Post) -> str:
        if not post.is_published:
            return ""
        words = _("See “%(title)s”") % {"title": post.title}
        return format_html('<a href="{}">{}</a>', post.get_absolute_url(), words)

    def get_view_on_site_url(self, obj: Post | None = None) -> str | None:
        return obj.get_absolute_url() if obj and obj.is_published else None

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Adding a picture or a tag on the way is needed; four small signs beside it are not."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget.can_change_related = widget.can_delete_related = False
            widget.can_view_related = False
            widget.can_add_related &= db_field.name not in {"author", "follows_up"}
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "follows_up":
            kwargs |= {"queryset": Post.objects.public(), "form_class": EarlierPosts}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request) -> dict[str, Any]:
        author = Author.objects.filter(user=request.user).first()
        return {"author": author} | super().get_changeform_initial_data(request)

    def get_prepopulated_fields(self, request, obj=None):
        """The address of a post that stands somewhere must not follow its title."""
        return {} if obj or not self.has_add_permission(request) else self.prepopulated_fields

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.number_questions()


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "user"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


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


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    """There is one, so its list is its form."""

    form = PublicationForm

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and not Publication.objects.exists()

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def changelist_view(self, request, extra_context=None):
        if publication := Publication.objects.first():
            return redirect("admin:blog_publication_change", publication.pk)
        return super().changelist_view(request, extra_context)
