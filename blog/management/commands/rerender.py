"""Writes stored HTML anew from its source, after a change of the markup or of its words."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

ROWS_AT_ONCE = 200


class Command(BaseCommand):
    help = "Render the stored HTML of everything again. Changes no date, sends nothing."

    def handle(self, *args, **options):
        for model in apps.get_models():
            if hasattr(model, "rendered_fields"):
                done = sum(map(self._render, model._default_manager.iterator(ROWS_AT_ONCE)))
                self.stdout.write(f"{model._meta.verbose_name_plural}: {done} rendered")

    def _render(self, row: Any) -> bool:
        """A row that is edited meanwhile keeps what its own save made of it."""
        row.render()
        rendered = {name: getattr(row, name) for name in row.rendered_fields}
        source = getattr(row, "rendered_from", "body")
        same = type(row)._default_manager.filter(pk=row.pk, **{source: getattr(row, source)})
        return bool(same.update(**rendered))
