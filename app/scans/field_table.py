"""The fields of rules as a table for programs."""

from collections.abc import Iterable

from app.rules.catalogue import Field, WordField
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("group", "Group"),
    TableColumn("field", "Field"),
    TableColumn("period", "Usual period", ColumnKind.NUMBER, "bars"),
    TableColumn("parts", "Parts"),
    TableColumn("unit", "Unit"),
    TableColumn("timeframes", "Timeframes"),
    TableColumn("description", "Description"),
    TableColumn("example", "Example"),
)


def fields_document(
    fields: Iterable[Field], word_fields: Iterable[WordField], zone: str, as_of: float
) -> TableDocument:
    words = [("Words", each.name, None, "", "words", "", each.description, each.example) for each in word_fields]
    return TableDocument("fields", COLUMNS, [*map(_cells, fields), *words], zone, as_of)


def _cells(field: Field) -> tuple[Cell, ...]:
    return (
        field.group,
        field.name,
        field.period.usual if field.period else None,
        " ".join(part.name for part in field.parts),
        field.unit.value,
        " ".join(field.timeframes),
        field.description,
        field.example,
    )
