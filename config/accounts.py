"""Accounts in the admin: whoever may change them cannot make themselves more than they are."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

admin.site.unregister(User)


@admin.register(User)
class Accounts(UserAdmin):
    """Rights are given by role. Only a superuser gives what they do not have themselves, or
    touches an account that may do more: a new password would be a way into it."""

    def get_readonly_fields(self, request, obj=None):
        if request.user.is_superuser:
            return super().get_readonly_fields(request, obj)
        return ["is_superuser", "user_permissions"]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups" and not request.user.is_superuser:
            kwargs["queryset"] = request.user.groups.all()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        if obj is not None and not request.user.is_superuser and _is_more(obj, request.user):
            return False
        return super().has_change_permission(request, obj)


def _is_more(account: User, user: User) -> bool:
    """Also one that is switched off: whoever changes it can switch it on."""
    others = account.groups.exclude(pk__in=user.groups.all())
    return account.is_superuser or others.exists() or account.user_permissions.exists()
