"""What pages of other apps show of the newsletter."""

from __future__ import annotations

from typing import Any

from django import template

from newsletter.forms import SignUpForm

register = template.Library()


@register.inclusion_tag("newsletter/_letterbox.html", takes_context=True)
def sign_up_box(context: dict[str, Any], page: str) -> dict[str, Any]:
    """The letterbox, empty; `page` says where it stands."""
    return {"form": SignUpForm(request=context.get("request"), page=page)}
