"""One row read by its plain columns, or added, for what every request or every reply asks.

Django's compiler, and even its raw queries, take three times as long as such a query itself; see
`bench/reply.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

Row = TypeVar("Row", bound=models.Model)


def one_row(model: type[Row], **columns) -> Row | None:
    """The row whose columns have these values; None: there is none."""
    connection = connections[DEFAULT_DB_ALIAS]  # once: Django's own shortcut looks it up each time
    names, select, converters = _plan(model, tuple(columns), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(select, list(columns.values()))
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for index, convert, column in converters:
        values[index] = convert(values[index], column, connection)
    return model.from_db(connection.alias, names, values)


def add_row(row: models.Model) -> None:
    """Save a new row, as `save(force_insert=True)` does for a model without parents and signals.

    Its database gives it the primary key.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    fields, insert = _insert(type(row), connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(insert, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


@cache
def _insert(model: type[models.Model], _vendor: str) -> tuple[list[models.Field], str]:
    """The columns that are given, and the query."""
    quote, meta = connections[DEFAULT_DB_ALIAS].ops.quote_name, model._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608
    return fields, f"{insert} RETURNING {quote(str(meta.pk.column))}"  # type: ignore[union-attr]


@cache
def _plan(
    model: type[models.Model], wanted: tuple[str, ...], _vendor: str
) -> tuple[list[str], str, list[tuple[int, Callable, Any]]]:
    """Names of the row's attributes, the query, and what makes Python's values of a database's."""
    connection = connections[DEFAULT_DB_ALIAS]
    quote, meta = connection.ops.quote_name, model._meta
    fields = meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    where = " AND ".join(f"{quote(meta.get_field(name).column)} = %s" for name in wanted)  # type: ignore[union-attr, arg-type]
    select = f"SELECT {columns} FROM {quote(meta.db_table)} WHERE {where}"  # noqa: S608  # names of ours
    converters = [
        (index, convert, column)
        for index, column in enumerate(field.get_col(meta.db_table) for field in fields)
        for convert in (
            *connection.ops.get_db_converters(column),
            *column.target.get_db_converters(connection),
        )
    ]
    return [field.attname for field in fields], select, converters
