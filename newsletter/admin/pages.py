"""What the admin's pages about letters share."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

may_change = permission_required("newsletter.change_issue", raise_exception=True)
may_look = permission_required("newsletter.view_issue", raise_exception=True)


class ReadOnly(admin.ModelAdmin):
    """What only the site itself writes."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def show(
    request: HttpRequest, page: str, facts: dict, *, title: str, status: int = 200
) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title} | facts
    return TemplateResponse(request, f"admin/newsletter/{page}.html", context, status=status)
