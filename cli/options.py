"""Options that many verbs share, flattened into each."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from cli.arguments import Actor, CommandId, OnBehalfOf
from cli.devstack import default_data_dir
from cli.errors import UsageError, sentences
from domain.deadline import DeadlineRequest
from domain.value import instant_of
from eventstore.replay import AsOf


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Place:
    """Which Remit to talk to, and how to answer."""

    data: Annotated[Path | None, Parameter(env_var="REMIT_DATA")] = None
    """Data folder of the `remit up` to talk to. With REMIT_DATABASE_URL set, that is used instead."""
    json: Annotated[bool, Parameter(negative="")] = False
    """Answer in JSON, for programs."""

    @property
    def folder(self) -> Path:
        return self.data or default_data_dir()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sender(Place):
    """Who sends a command."""

    actor: Actor
    on_behalf_of: OnBehalfOf = None
    command_id: CommandId = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Moment:
    """As of when. A date means its end in UTC; an instant needs its offset."""

    as_of: str | None = None
    """What had occurred by then, as known today."""
    as_recorded: str | None = None
    """What the log held by then."""

    @property
    def value(self) -> AsOf:
        return AsOf(
            occurred=_optional(self.as_of, "--as-of"),
            recorded=_optional(self.as_recorded, "--as-recorded"),
        )


def instant(text: str, option: str) -> datetime:
    """A moment from a date (its last microsecond, UTC) or an ISO 8601 instant with offset."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), datetime.max.time(), UTC)
        naive = datetime.fromisoformat(text).tzinfo is None
    except ValueError as error:
        raise UsageError(
            f"{option} {text} is no moment; write 2026-01-31 or 2026-01-31T09:00+03:00"
        ) from error
    if naive:
        raise UsageError(f"{option} {text} lacks its offset; write {text}+03:00 or {text}Z")
    moment = instant_of(text)
    if moment is None:
        raise UsageError(f"{option} {text}: the year must lie between 1000 and 8999")
    return moment


def _optional(text: str | None, option: str) -> datetime | None:
    return None if text is None else instant(text, option)


def deadline(text: str, option: str) -> DeadlineRequest:
    """A deadline from a date (the end of that day, in the instruction's zone) or an instant."""
    try:
        if len(text) != len("2026-01-31"):
            return DeadlineRequest(at=instant(text, option))
        return DeadlineRequest(on=date.fromisoformat(text))
    except ValidationError as error:
        raise UsageError(f"{option} {text}: {sentences(error, {'on': '', 'at': ''})}") from error
    except ValueError as error:
        raise UsageError(f"{option} {text} is no date; write 2026-01-31") from error


def read_file(file: Path) -> bytes:
    """Raises `UsageError` if there is no such file, or it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
