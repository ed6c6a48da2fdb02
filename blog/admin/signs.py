"""The small signs that Django puts beside a choice of rows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper


def without_signs(field: Any, *, may_add: bool = False) -> Any:
    """Adding a row on the way is sometimes needed; four small signs beside it are not."""
    widget = getattr(field, "widget", None)
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget.can_change_related = widget.can_delete_related = False
        widget.can_view_related = False
        widget.can_add_related &= may_add
    return field
