"""All tables as lines of JSON, from SQLite or PostgreSQL and into either; tables of later versions too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, MetaData, Table, event, func, insert, select, text

from lotwise.datasets.errors import InputError
from lotwise.hub.database.columns import UtcTime
from lotwise.hub.database.database import Database

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 500


def table_lines(database: Database) -> Iterator[str]:
    """Every row as ``["table", {column: value}]``, of one moment; the first line is the version of the tables."""
    with database.reading() as session:
        connection = session.connection()
        tables = _tables(connection)
        yield json.dumps([VERSION_TABLE, {"version_num": _version(connection)}])
        for table in tables:
            rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
            for row in rows.mappings():
                yield json.dumps([table.name, {name: _plain(value) for name, value in row.items()}])


def version_of_lines(line: str) -> str:
    """The version of the tables, from the first line.

    Raises:
        InputError: it is no such line.
    """
    try:
        name, row = json.loads(line)
        if name == VERSION_TABLE:
            return str(row["version_num"])
    except (ValueError, TypeError, KeyError):
        pass
    raise InputError("the tables in it cannot be read; give a file that lotwise hub backup has written")


def load_lines(database: Database, lines: Iterable[str]) -> None:
    """Fill empty tables of the version that the lines are of; all of them or nothing.

    Args:
        database: its tables have no rows.
        lines: those of :func:`table_lines` after the first.
    """
    with database.writing() as session:
        connection = session.connection()
        tables = {table.name: table for table in _tables(connection)}
        parsed = (json.loads(line) for line in lines)
        for name, group in groupby(parsed, key=lambda line: str(line[0])):
            rows = (row for _, row in group)
            while some := list(islice(rows, ROWS_AT_ONCE)):
                table = tables[name]
                connection.execute(insert(table), [_typed(table, row) for row in some])
        for table in tables.values():
            _count_on(connection, table)


def is_empty(database: Database) -> bool:
    """Whether no table has a row."""
    with database.reading() as session:
        connection = session.connection()
        return all(connection.scalar(select(func.count()).select_from(table)) == 0 for table in _tables(connection))


def _tables(connection: Connection) -> list[Table]:
    """All tables as they are, those first that others refer to."""
    known = MetaData()

    @event.listens_for(known, "column_reflect")
    def same_types(inspector: object, table: object, column: dict[str, Any]) -> None:
        if isinstance(column["type"], JSON):
            column["type"] = JSON(none_as_null=True)
        elif isinstance(column["type"], DateTime):
            column["type"] = UtcTime()

    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != VERSION_TABLE]


def _version(connection: Connection) -> str:
    return str(connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row whose times are times again."""
    return {
        name: datetime.fromisoformat(value) if value is not None and isinstance(table.c[name].type, UtcTime) else value
        for name, value in row.items()
    }


def _count_on(connection: Connection, table: Table) -> None:
    """Let a rising number go on after the highest one; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        asked = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.scalar(asked, {"table": table.name, "column": column.name})
        highest = connection.scalar(select(func.max(column))) if sequence else None
        if highest is not None:
            connection.execute(text("SELECT setval(:sequence, :value)"), {"sequence": sequence, "value": highest})
