"""People, their held letters, and addresses that nobody writes to. States change by verbs."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter import addresses
from newsletter.models import Delivery, Subscriber, Suppression

from .pages import ReadOnly


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    list_display = ["email", "status", "frequency", "signed_up_at", "confirmed_at"]
    list_filter = ["status", "frequency"]
    search_fields = ["=email"]
    search_help_text = gettext_lazy("The whole address.")
    actions = ["unsubscribe"]
    readonly_fields = [
        *("email", "status", "source", "signed_up_at", "confirmed_at"),
        *("paused_until", "unsubscribed_at"),
    ]
    fields = [*readonly_fields, "frequency", "quiet"]

    def has_add_permission(self, request):
        return False  # nobody is signed up by somebody else

    @admin.action(description=gettext_lazy("Stop all letters to these"), permissions=["change"])
    def unsubscribe(self, request, people):
        stopped = sum(person.unsubscribe() for person in people)
        said = ngettext("One person gets no more letters.", "%(count)d people get none.", stopped)
        messages.success(request, said % {"count": stopped})


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Letters that need somebody's eye: refused for good, or perhaps sent and perhaps not."""

    list_filter = ["status", "issue"]
    list_select_related = ["subscriber", "issue__edition"]
    actions = ["send_again"]
    fields = ["issue", "status", "reason", "attempts", "created_at", "first_tried_at"]

    def get_queryset(self, request):
        return Delivery.objects.held().order_by("-created_at", "-pk")

    def get_list_display(self, request):
        may_see = request.user.has_perm("newsletter.view_subscriber")
        return ["__str__", *(["address"] if may_see else []), "issue", "status", "reason"]

    def has_resend_permission(self, request):
        return request.user.has_perm("newsletter.change_delivery")

    @admin.display(description=gettext_lazy("address"))
    def address(self, delivery: Delivery) -> str:
        return delivery.subscriber.email if delivery.subscriber else _("erased")

    @admin.action(description=gettext_lazy("Send again to these"), permissions=["resend"])
    def send_again(self, request, deliveries):
        again = sum(delivery.send_again() for delivery in deliveries)
        said = ngettext("One letter goes again.", "%(count)d letters go again.", again)
        messages.success(request, said % {"count": again})


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
        self.instance.keep_hash_of(self.cleaned_data["email"])
        return super().save(commit)


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):
    form = SuppressionForm
    list_display = ["__str__", "reason", "created_at"]
    list_filter = ["reason"]

    def has_change_permission(self, request, obj=None):
        return False
