"""Addresses that nobody writes to. None is deleted: who lifts one says why, and stays named."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from newsletter import addresses
from newsletter.models import Suppression

from .pages import show
from .people import spelled

may_see = permission_required("newsletter.view_suppression", raise_exception=True)


class SuppressionForm(forms.ModelForm):
    email = forms.CharField(
        label=gettext_lazy("address"),
        help_text=gettext_lazy("Only a keyed hash of it is kept: it cannot be shown again."),
    )

    class Meta:
        model = Suppression
        fields = ["email", "reason"]

    def clean_email(self):
        email = addresses.clean(self.cleaned_data["email"])
        if Suppression.objects.cover(email):
            raise forms.ValidationError(_("This address is suppressed already."))
        return email

    def save(self, commit=True):
        """One that was lifted, or stands for something lighter, is taken up again."""
        typed = self.cleaned_data
        self.instance = Suppression.objects.add_address(typed["email"], typed["reason"])
        return self.instance

    def save_m2m(self) -> None:
        """It has none; the admin asks."""


class LiftForm(forms.Form):
    note = forms.CharField(
        max_length=Suppression._meta.get_field("note").max_length,
        error_messages={"required": gettext_lazy("Please write why. One sentence is enough.")},
    )


class Standing(admin.SimpleListFilter):
    title = gettext_lazy("whether it stands")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("yes", _("stands")), ("no", _("lifted"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.standing()
        return queryset.lifted() if self.value() == "no" else queryset


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):
    form = SuppressionForm
    list_display = ["__str__", "reason", "created_at", "lifted_at", "lifted_by", "note"]
    list_filter = ["reason", Standing]
    list_select_related = ["lifted_by"]
    search_fields = ["=address_hash"]
    search_help_text = gettext_lazy("The whole address.")

    def get_urls(self):
        view = self.admin_site.admin_view(suppression)
        name = "newsletter_suppression_change"
        return [path("<int:pk>/change/", view, name=name), *super().get_urls()]

    def get_search_results(self, request, queryset, search_term):
        found = queryset.with_address(spelled(search_term)) if search_term else queryset
        return found, False

    def save_model(self, request, obj, form, change):
        """The form has done it: an address that is known already keeps its row."""

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@may_see
@require_http_methods(["GET", "HEAD", "POST"])
def suppression(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says why nobody writes there, POST lifts it with a note."""
    row = get_object_or_404(Suppression.objects.select_related("lifted_by"), pk=pk)
    may_lift = request.user.has_perm("newsletter.change_suppression")  # type: ignore[union-attr]
    form = LiftForm(request.POST or None)
    if request.method == "POST":
        if not may_lift:
            raise PermissionDenied
        if form.is_valid():
            _lift(request, row, form.cleaned_data["note"])
            return redirect("admin:newsletter_suppression_change", pk)
    facts = {"row": row, "form": form, "may_lift": may_lift and row.stands}
    status = 400 if form.errors else 200
    return show(request, "suppression", facts, title=_("Suppressed address"), status=status)


def _lift(request: HttpRequest, row: Suppression, note: str) -> None:
    if row.lift(note, by=request.user):
        messages.success(request, _("Lifted. Mail may go there again."))
    else:
        messages.info(request, _("Somebody lifted it already."))
