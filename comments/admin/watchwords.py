"""What staff set for screening: words of their own, tried on what is published; weights."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from comments import screening
from comments.models import Watchword, Weight
from comments.screening import own
from comments.signals import RULES, SPAM_FROM

may_see = permission_required("comments.view_watchword", raise_exception=True)
MOST_WORDS = 50  # tried at once


@admin.register(Watchword)
class WatchwordAdmin(admin.ModelAdmin):
    """Saved, a word is tried on what is published: who made a slip sees it at once."""

    fields = ["phrase", "weight", "is_spam", "note"]
    list_display = ["phrase", "weight", "is_spam", "note"]
    list_per_page = 50
    search_fields = ["phrase", "note"]
    change_list_template = "comments/admin/watchwords.html"

    def get_urls(self):
        view = self.admin_site.admin_view(try_words)
        return [path("try/", view, name="comments_watchword_try"), *super().get_urls()]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        words = {
            "phrase": gettext_lazy(
                "Capitals and accents do not matter. Only whole words are found."
            ),
            "weight": gettext_lazy("1 holds a reply. 0 only says so to who reads it."),
            "is_spam": gettext_lazy("Its weight counts towards the lane “probably spam”."),
        }
        if field and db_field.name in words:
            field.help_text = words[db_field.name]
        return field

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        own.forget()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        own.forget()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        own.forget()

    def response_post_save_add(self, request, obj):
        return _tried(obj.phrase)

    def response_post_save_change(self, request, obj):
        return _tried(obj.phrase)


def _tried(phrase: str) -> HttpResponse:
    query = QueryDict(mutable=True)
    query["words"] = phrase
    return redirect(f"{reverse('admin:comments_watchword_try')}?{query.urlencode()}")


@may_see
@require_safe
def try_words(request: HttpRequest) -> HttpResponse:
    """Which published replies these words would have held. Nothing is saved, nobody is told."""
    typed = request.GET.get("words", "")
    phrases = [line.strip() for line in typed.splitlines() if line.strip()][:MOST_WORDS]
    context = admin.site.each_context(request) | {
        "title": _("Try words"),
        "typed": typed,
        "phrases": phrases,
        "held": screening.would_hold(phrases) if phrases else [],
        "looked_back": own.LOOKED_BACK,
        "may_add": request.user.has_perm("comments.add_watchword"),  # type: ignore[union-attr]
    }
    return TemplateResponse(request, "comments/admin/try_words.html", context)


WEIGHED = {name: rule for name, rule in RULES.items() if not rule.is_fixed}


class WeightsForm(forms.Form):
    """One number for each rule."""

    prefix = "weight"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, rule in WEIGHED.items():
            self.fields[name] = forms.FloatField(
                label=str(rule.words),
                min_value=0,
                max_value=100,
                error_messages={
                    "required": gettext_lazy("Please give a number. 0 turns the rule off."),
                    "invalid": gettext_lazy("Please give a number, like 1 or 0.5."),
                },
            )

    def save(self) -> None:
        """What is as we set it needs no row."""
        for name, weight in self.cleaned_data.items():
            if weight == WEIGHED[name].weight:
                Weight.objects.filter(rule=name).delete()
            else:
                Weight.objects.update_or_create(rule=name, defaults={"weight": weight})
        own.forget()


@admin.register(Weight)
class WeightAdmin(admin.ModelAdmin):
    """One page with all rules in words, instead of a list of those that somebody changed."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_change = self.has_change_permission(request)
        now = {name: rule.weight for name, rule in WEIGHED.items()}
        now |= {row.rule: row.weight for row in Weight.objects.filter(rule__in=WEIGHED)}
        form = WeightsForm(request.POST if request.method == "POST" else None, initial=now)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            if form.is_valid():
                form.save()
                messages.success(request, _("Saved. New replies are weighed like this."))
                return redirect("admin:comments_weight_changelist")
        context = self.admin_site.each_context(request) | {
            "title": _("What each rule weighs"),
            "form": form,
            "rules": [(form[name], rule) for name, rule in WEIGHED.items()],
            "always": [rule for rule in RULES.values() if rule.is_fixed and rule.weight],
            "spam_from": SPAM_FROM,
            "may_change": may_change,
        }
        page, status = "comments/admin/weights.html", 400 if form.errors else 200
        return TemplateResponse(request, page, context, status=status)

    def change_view(self, request, object_id, form_url="", extra_context=None) -> HttpResponse:
        return redirect("admin:comments_weight_changelist")
