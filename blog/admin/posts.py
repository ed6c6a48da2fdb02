"""Writing: posts with their questions, who signs them, and their topics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Author, Post, Question, Tag

from .rules import QUIET_HOURS, WAIT_IN_QUIET_HOURS, SaysWhatEmptyMeans, of_the_site
from .signs import without_signs

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
        help_texts = {
            "replies_closed_at": gettext_lazy("From then on nobody can reply."),
            "replies_close_after": gettext_lazy("0: never, whatever holds for the whole site."),
            "quiet_from": WAIT_IN_QUIET_HOURS,
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
        widgets = {
            "text": AdminTextareaWidget({"rows": 2}),
            "told": AdminTextareaWidget({"rows": 4}),
        }
        help_texts = {
            "text": gettext_lazy("Answers that were given to other words keep those beside them."),
            "mode": gettext_lazy(
                "Closed, it stays with its answers. Deleted, its answers become replies to the "
                "post."
            ),
        }

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or LAST

    @property
    def moved(self) -> int:
        """Before (-1) or after (1) the one whose number it was given."""
        was, now = self.initial.get("position", LAST), self.instance.position
        return (now > was) - (now < was)


class QuestionInline(SaysWhatEmptyMeans, admin.StackedInline):
    model = Question
    form = QuestionForm
    fields = ["text", "position", "mode", "told", "earlier_words"]
    readonly_fields = ["earlier_words"]
    view_on_site = False  # a draft’s questions stand nowhere yet
    empty_mode = gettext_lazy("as for the whole post")
    extra = 1

    @admin.display(description=gettext_lazy("earlier words"))
    def earlier_words(self, question: Question) -> str:
        if question.pk is None or not question.earlier_wordings:
            return _("None.")
        words = [
            (
                wording.text,
                _("until %(day)s") % {"day": date_format(localtime(wording.until), "j F Y")},
            )
            for wording in question.earlier_wordings
        ]
        return format_html_join("", "<p>“{}”, {}</p>", words)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("wordings")


@admin.register(Post)
class PostAdmin(SaysWhatEmptyMeans, admin.ModelAdmin):
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
            {"fields": ["state", "published_at", "unlisted", "withdrawn_at"]},
        ),
    ]
    reply_rules = ["replies_mode", "replies_closed_at", "replies_close_after", QUIET_HOURS]
    empty_mode = gettext_lazy("as for the whole site")

    def get_fieldsets(self, request, obj=None):
        rules = {"fields": self.reply_rules, "description": of_the_site(request.publication)}
        return [*self.fieldsets, (gettext_lazy("Replies"), rules)]

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
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return without_signs(field, may_add=db_field.name not in {"author", "follows_up"})

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
        post, rows = form.instance, [row for formset in formsets for row in formset.forms]
        post.number_questions({row.instance.pk: row.moved for row in rows})
        deleted = [question for formset in formsets for question in formset.deleted_objects]
        for question in deleted if post.was_public else ():
            words = _("“%(question)s” is deleted. Answers to it stay, as replies to the post.")
            self.message_user(request, words % {"question": question}, messages.WARNING)


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "user"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]
