"""A mapping file (TOML): how another organisation's table becomes Remit's; docs/import.md describes it."""

import codecs
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from domain.value import Value
from importing.columns import BODIES, COLUMNS, DATES, MOST_COLUMNS, REQUIRED


class BadMappingFile(ValueError):
    """The mapping file makes no sense: {problems, each with its key}."""


class Untranslatable(ValueError):
    """A cell that the mapping has no answer to: {reason}."""


def same_heading(text: str) -> str:
    """A text in the one way of writing it: line breaks and repeated blanks do not count."""
    return " ".join(text.split())


def _column(name: str) -> str:
    if name not in COLUMNS:
        close = get_close_matches(name, COLUMNS, n=1)
        hint = f"did you mean {close[0]}?" if close else "docs/import.md lists the columns"
        raise ValueError(f"Remit has no column {name}; {hint}")
    return name


def _constant(value: object) -> object:
    """TOML has dates and numbers of its own; a table has texts."""
    match value:
        case bool() | datetime():
            return value
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case _:
            return value


_SAMPLE = date(2025, 3, 31)
_DIRECTIVES = frozenset("dmYy%")


def _date_format(format_: str) -> str:
    used = [after[:1] for after in format_.replace("%%", "").split("%")[1:]]
    if not _DIRECTIVES.issuperset(used):
        raise ValueError("it may have %d, %m, %Y and %y; names of months depend on the machine")
    try:
        read = datetime.strptime(_SAMPLE.strftime(format_), format_).date()  # noqa: DTZ007 - a date
    except ValueError:
        read = None
    if read != _SAMPLE:
        raise ValueError("it must hold day, month and year, such as %d.%m.%Y")
    return format_


def _encoding(name: str) -> str:
    try:
        if not codecs.lookup(name).name or "x".encode(name) != b"x":
            raise LookupError
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{name} is no encoding of texts; write utf-8 or cp1251") from error
    return name


Column = Annotated[str, AfterValidator(_column)]
Heading = Annotated[str, AfterValidator(same_heading)]
Constant = Annotated[str, BeforeValidator(_constant)]


class MeasureMapping(Value):
    """What a mapping file says."""

    sheet: str | None = Field(default=None, description="of a workbook; `--sheet` goes before it")
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(
        default="utf-8", description="of a CSV file"
    )
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="of a CSV file"
    )
    header_row: int | None = Field(
        default=None, ge=1, description="by default the first row that is not blank"
    )
    skip_rows: tuple[int, ...] = Field(default=(), description="rows below it, by number")
    skip_rows_without: tuple[Heading, ...] = Field(
        default=(), description="rows are passed over in which one of these columns is empty"
    )
    columns: dict[Heading, Column] = Field(
        max_length=MOST_COLUMNS, description="from headings to Remit's columns"
    )
    ignore: tuple[Heading, ...] = Field(
        default=(), max_length=MOST_COLUMNS, description="headings that are left out"
    )
    constants: dict[Column, Constant] = Field(
        default={}, description="values of columns that the file does not have"
    )
    copies: dict[Column, Column] = Field(
        default={}, description="columns that say what another one says: from theirs to the other"
    )
    prefixes: dict[Column, str] = Field(default={}, description="put before what a cell holds")
    bodies: dict[Heading, str] = Field(default={}, description="from names of bodies to their ids")
    values: dict[Column, dict[Heading, str]] = Field(
        default={}, description="for a column, from what its cells hold to what Remit takes"
    )
    date_formats: tuple[Annotated[str, AfterValidator(_date_format)], ...] = ()
    list_separators: tuple[Annotated[str, Field(min_length=1)], ...] = (";",)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = list(self._contradictions())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _contradictions(self) -> Iterator[str]:
        mapped = list(self.columns.values())
        for column in dict.fromkeys(mapped):
            if mapped.count(column) > 1:
                yield f"columns: two headings become {column}; keep one"
            if column in self.constants:
                yield f"constants.{column}: a heading becomes it already; keep one"
        for column in REQUIRED:
            if column not in mapped and column not in self.constants and column not in self.copies:
                yield f"columns: nothing becomes {column}; map a heading or set constants.{column}"
        for column, other in self.copies.items():
            if other not in mapped:
                yield f"copies.{column}: no heading becomes {other}"
            if column in mapped or column in self.constants:
                yield f"copies.{column}: it has a value already; keep one"
        for heading in self.ignore:
            if heading in self.columns:
                yield f"ignore: {heading} is mapped as well; keep one"
        for heading in self.skip_rows_without:
            if heading not in self.columns and heading not in self.ignore:
                yield f"skip_rows_without: {heading} stands neither in columns nor in ignore"
        for key, given in (("prefixes", self.prefixes), ("values", self.values)):
            for column in given:
                if column not in mapped:
                    yield f"{key}.{column}: no heading becomes {column}"
        for column in BODIES & self.values.keys():
            yield f"values.{column}: names of bodies belong to bodies"

    def translate(self, column: str, text: str) -> str:
        """What Remit's column holds, from what the file's does. Raises `Untranslatable`."""
        if not text:
            return text
        match column:
            case "co_assignees":
                return ";".join(self._known(self.bodies, "bodies", t) for t in self._split(text))
            case "progress":
                return ";".join(self._progress(entry) for entry in self._split(text))
            case _ if column in BODIES:
                found = self._known(self.bodies, "bodies", text)
            case _ if column in DATES:
                found = self._date(text)
            case _:
                found = self._known(self.values.get(column, {}), f"values.{column}", text)
        return self.prefixes.get(column, "") + found

    def _known(self, values: Mapping[str, str], key: str, text: str) -> str:
        if not values:
            return text
        same = same_heading(text)
        if same in values or same in values.values():
            return values.get(same, same)
        close = get_close_matches(same, values, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "add it"
        raise Untranslatable(f"{same!r} does not stand under [{key}] of the mapping; {hint}")

    def _date(self, text: str) -> str:
        if not self.date_formats:
            return text
        for format_ in ("%Y-%m-%d", *self.date_formats):
            try:
                return datetime.strptime(text, format_).date().isoformat()  # noqa: DTZ007 - a date
            except ValueError:
                continue
        example = _SAMPLE.strftime(self.date_formats[0])
        raise Untranslatable(f"{text!r} is no date of a calendar; write it as {example}")

    def _progress(self, entry: str) -> str:
        day, colon, percent = entry.rpartition(":")
        return f"{self._date(day.strip())}:{percent.strip()}" if colon else entry

    def _split(self, text: str) -> list[str]:
        for separator in self.list_separators:
            text = text.replace(separator, "\0")
        return [part for part in (part.strip() for part in text.split("\0")) if part]


def read_mapping(content: bytes) -> MeasureMapping:
    """Raises `BadMappingFile`, naming every key that is not as it must be."""
    try:
        return MeasureMapping.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise BadMappingFile("; ".join(_sentences(details))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMappingFile(str(error)) from error


def _sentences(details: Iterable[Any]) -> Iterator[str]:
    for detail in details:
        where = ".".join(str(part) for part in detail["loc"] if part != "[key]")
        reason = detail["msg"].removeprefix("Value error, ")
        yield f"{where}: {reason}" if where else reason
