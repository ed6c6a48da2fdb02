"""What readers reported, for who decides about a reply."""

from __future__ import annotations

from typing import Any

from django import template

from comments.models import Comment

register = template.Library()


@register.inclusion_tag("comments/admin/_reports.html")
def reports_about(comment: Comment) -> dict[str, Any]:
    """By reason; those about earlier words are counted apart."""
    now = comment.reports.filter(revision=comment.revision)
    return {
        "reasons": now.by_reason(),
        "earlier": comment.reports.exclude(revision=comment.revision).count(),
        "kept": comment.kept_revision == comment.revision,
    }
