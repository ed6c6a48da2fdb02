"""Letters, people and held mail in the admin. States change by verbs, never by typing."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter import addresses
from newsletter.models import Delivery, Edition, Issue, Subscriber, Suppression


class ReadOnly(admin.ModelAdmin):
    """What only the site itself writes."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Issue)
class IssueAdmin(ReadOnly):
    list_display = ["__str__", "edition", "status", "period", "became"]
    list_filter = ["status", "edition"]
    list_select_related = ["edition"]
    list_per_page = 25
    fields = [
        *("subject", "edition", "period", "status", "started_at", "finished_at"),
        *("became", "adds_up", "text"),
    ]

    def get_urls(self):
        send_now = self.admin_site.admin_view(self.send_now_view)
        return [path("send-now/", send_now, name="newsletter_issue_send_now"), *super().get_urls()]

    def send_now_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what would go and to how many, POST sends it: once, however often pressed."""
        if not request.user.has_perm("newsletter.change_issue"):
            raise PermissionDenied
        weekly = Edition.objects.filter(kind=Edition.Kind.WEEKLY).first()
        if request.method == "POST":
            return self._sent(request, Edition.objects.weekly())
        context = self.admin_site.each_context(request) | {
            "title": _("Send this week’s digest now"),
            "posts": list(weekly.new_posts()) if weekly else [],
            "people": weekly.audience().count() if weekly else 0,
            "next_slot": weekly and weekly.next_slot(),
        }
        return TemplateResponse(request, "admin/newsletter/send_now.html", context)

    def _sent(self, request: HttpRequest, weekly: Edition) -> HttpResponse:
        issue = weekly.send_now()
        if issue is None:
            messages.info(request, _("Nothing new since the last letter, so nothing was sent."))
            return HttpResponseRedirect(reverse("admin:newsletter_issue_changelist"))
        messages.success(request, _("“%(subject)s” is on its way.") % {"subject": issue.subject})
        return HttpResponseRedirect(reverse("admin:newsletter_issue_change", args=[issue.pk]))

    @admin.display(description=gettext_lazy("what became of it"))
    def became(self, issue: Issue) -> str:
        return issue.equation.in_words if issue.started_at else _("Not started.")

    @admin.display(description=gettext_lazy("everybody accounted for"), boolean=True)
    def adds_up(self, issue: Issue) -> bool:
        return issue.equation.holds


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
        return edition.next_slot()


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
