"""Mails about replies that need somebody's eye: refused, or perhaps sent and perhaps not."""

from __future__ import annotations

from django.contrib import admin

from comments.models import Notice
from newsletter.admin.held import HeldMails


@admin.register(Notice)
class NoticeAdmin(HeldMails):
    about = "kind"
    list_filter = ["status", "kind"]
    list_select_related = ["subscriber"]
