"""Letters that need somebody's eye: refused for good, or perhaps sent and perhaps not."""

from __future__ import annotations

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter.models import Delivery, Look

from .pages import ReadOnly


class HeldMails(ReadOnly):
    """Of one kind; `about`: the column that says what each was about."""

    about: str
    actions = ["send_again"]

    def get_queryset(self, request):
        return self.model.objects.held().order_by("-created_at", "-pk")

    def get_list_display(self, request):
        shown = ["address"] if _may_see_addresses(request) else []
        return ["__str__", *shown, self.about, "status", "reason"]

    def get_fields(self, request, obj=None):
        return [self.about, "status", "reason", "attempts", "created_at", "first_tried_at"]

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", {}).get("cl")
        if shown and _may_see_addresses(request):
            people = [held.subscriber for held in shown.result_list if held.subscriber]
            Look.objects.note(people, Look.Page.HELD, by=request.user)
        return response

    def has_resend_permission(self, request):
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.display(description=gettext_lazy("address"))
    def address(self, held) -> str:
        return held.subscriber.email if held.subscriber else _("erased")

    @admin.action(description=gettext_lazy("Send again to these"), permissions=["resend"])
    def send_again(self, request, mails):
        again = sum(held.send_again() for held in mails)
        said = ngettext("One letter goes again.", "%(count)d letters go again.", again)
        messages.success(request, said % {"count": again})


@admin.register(Delivery)
class DeliveryAdmin(HeldMails):
    about = "issue"
    list_filter = ["status", "issue"]
    list_select_related = ["subscriber", "issue__edition"]


def _may_see_addresses(request) -> bool:
    return request.user.has_perm("newsletter.view_subscriber")
