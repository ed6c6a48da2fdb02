"""One row by its plain columns, for what every request or every reply asks.

Django's compiler takes three times as long as such a query itself; see `bench/reply.py`.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def one_row(model: type[Row], **columns) -> Row | None:
    """The row whose columns have these values; None: there is none."""
    quote, meta = connection.ops.quote_name, model._meta
    named = (quote(meta.get_field(name).column) for name in columns)  # type: ignore[union-attr, arg-type]
    where = " AND ".join(f"{name} = %s" for name in named)
    select = f"SELECT * FROM {quote(meta.db_table)} WHERE {where}"  # noqa: S608  # names of ours
    return next(iter(model._default_manager.raw(select, list(columns.values()))), None)
