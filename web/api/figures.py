"""How a programme's figures, its measures, and what moved them are told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from audit.difference import By, Difference, Explained, Passed
from domain.attribution import Attribution
from domain.programme.difference import FIGURES, Aspect
from domain.programme.report import Measure, ProgrammeReport, as_report, report
from domain.programme.terms import Figures, PartFigures
from domain.value import Instant
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent
from web.api.models import LatenessTold


class Counts(BaseModel):
    """How many measures each figure counts; docs/glossary.md says what each is."""

    total: int
    implemented: int
    behind_schedule: int = Field(description="against the currently approved deadline")
    late_against_original: int
    completed_late: int
    open_late: int
    cancelled: int
    carried_over: int
    proposed: int
    refused: int

    @classmethod
    def counted(cls, of: ProgrammeReport | Figures) -> dict[str, Any]:
        return {name: getattr(of, name) for name in FIGURES}


class FiguresOfPart(BaseModel):
    """The figures of one sector, or of what one body leads."""

    name: str | None = Field(description="the sector, or the body; none where none is named")
    total: int
    implemented: int
    behind_schedule: int
    late_against_original: int
    carried_over: int

    @classmethod
    def of(cls, one: PartFigures) -> Self:
        return cls.model_validate(one, from_attributes=True)


class FiguresTold(Counts):
    """The figures of a programme at a moment, as they are published."""

    at: Instant
    implemented_line: str = Field(examples=["125 of 310 (40 %)"])
    behind_schedule_line: str = Field(examples=["14 (4.5 %)"])
    execution_discipline: str = Field(
        description="(total - completed late - open late) / total", examples=["92 %"]
    )
    by_sector: Sequence[FiguresOfPart]
    by_body: Sequence[FiguresOfPart] = Field(description="by the lead assignee")

    @classmethod
    def of(cls, figures: Figures, at: datetime) -> Self:
        whole = as_report(figures, at)
        return cls(
            **cls.counted(figures),
            at=at,
            implemented_line=whole.implemented_line,
            behind_schedule_line=whole.behind_schedule_line,
            execution_discipline=whole.execution_discipline,
            by_sector=[FiguresOfPart.of(one) for one in figures.by_sector],
            by_body=[FiguresOfPart.of(one) for one in figures.by_lead],
        )


class MeasureTold(BaseModel):
    """A measure, as it stood at the moment of the report, or when it left."""

    id: str
    number: str
    text: str
    phase: str
    sector: str | None
    lead: str | None
    original_deadline: Instant
    deadline: Instant
    submitted_at: Instant | None
    counted: bool = Field(description="in the total: no proposal, and not cancelled")
    lateness: LatenessTold
    carried_from: str | None
    left_at: Instant | None
    left_for: str | None = Field(description="the programme it went on in")

    @classmethod
    def of(cls, one: Measure, at: datetime) -> Self:
        return cls(
            id=one.instruction,
            number=one.number,
            text=one.text,
            phase=one.phase,
            sector=one.sector,
            lead=one.lead,
            original_deadline=one.timing.original_deadline,
            deadline=one.timing.deadline,
            submitted_at=one.timing.submitted_at,
            counted=one.counted,
            lateness=LatenessTold.of(one.lateness(at)),
            carried_from=one.carried_from,
            left_at=one.departure.at if one.departure else None,
            left_for=one.departure.into if one.departure else None,
        )


class CauseTold(BaseModel):
    """An event that did it; or time, that passed a deadline or a milestone's date."""

    passed: Instant | None = Field(default=None, description="nothing happened by then")
    position: int | None = None
    version: int | None = None
    type: str | None = None
    occurred_at: Instant | None = None
    recorded_at: Instant | None = None
    by: Attribution | None = None

    @classmethod
    def of(cls, cause: StoredEvent | Passed) -> Self:
        if isinstance(cause, Passed):
            return cls(passed=cause.deadline)
        return cls(
            position=cause.position,
            version=cause.version,
            type=cause.type,
            occurred_at=cause.occurred_at,
            recorded_at=cause.recorded_at,
            by=event_of(cause).by,
        )


class ChangeTold(BaseModel):
    """A measure came into a figure (`now` is true) or left it; or has another deadline, lead or sector."""

    figure: Aspect
    was: bool | Instant | str | None
    now: bool | Instant | str | None
    number: str
    text: str
    lead: str | None
    deadline: Instant
    causes: Sequence[CauseTold]

    @classmethod
    def of(cls, one: Explained) -> Self:
        change = one.change
        return cls(
            figure=change.aspect,
            was=change.was,
            now=change.now,
            number=change.measure.number,
            text=change.measure.text,
            lead=change.measure.lead,
            deadline=change.measure.timing.deadline,
            causes=[CauseTold.of(cause) for cause in one.causes],
        )


class PointTold(Counts):
    """The figures at one of the two points."""

    at: Instant
    position: int = Field(description="the last of the log that counts")

    @classmethod
    def of(cls, measures: Sequence[Measure], at: datetime, position: int) -> Self:
        return cls(**cls.counted(report(measures, at)), at=at, position=position)


class DifferenceTold(BaseModel):
    """A programme's figures at two points, and every event that made the difference."""

    programme: str
    by: Literal["occurred", "recorded"]
    from_: PointTold = Field(serialization_alias="from")
    to: PointTold
    as_known_then: PointTold = Field(description="at the first, as the log had it then")
    moved: Sequence[ChangeTold] = Field(description="between the two")
    moved_in_all: int = Field(description="more than are listed, where there are too many")
    restated: Sequence[ChangeTold] = Field(
        description="had occurred by the first, and was recorded later"
    )
    restated_in_all: int

    @classmethod
    def of(cls, programme: str, found: Difference, by: By, most: int) -> Self:
        earlier, later = found.earlier, found.later
        return cls(
            programme=programme,
            by=by,
            from_=PointTold.of(found.before, earlier.at, earlier.position),
            to=PointTold.of(found.after, later.at, later.position),
            as_known_then=PointTold.of(found.then, earlier.at, earlier.position),
            moved=[ChangeTold.of(one) for one in found.moved[:most]],
            moved_in_all=len(found.moved),
            restated=[ChangeTold.of(one) for one in found.restated[:most]],
            restated_in_all=len(found.restated),
        )
