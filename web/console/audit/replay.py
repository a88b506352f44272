"""An instruction played again: event by event, what each says and what it made of the state before it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from audit.leaf import entry, leaf_hash
from domain.instruction.state import Unissued
from eventstore.protocol import StoredEvent
from eventstore.replay import state_after
from web.api.asked import Moment
from web.api.asking import Named, Seen, see
from web.api.instructions import history_of
from web.api.models import EventTold
from web.console.audit.told_state import Compared, compared, lines_of
from web.console.instruction.told import told
from web.console.visit import Visit, Visiting
from web.problems import not_found

router = APIRouter()


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One event, and what it led to."""

    event: EventTold
    nth: int
    """Among those that are shown: 1 is the first."""
    of: int
    first: int
    """Versions of these."""
    previous: int | None
    next: int | None
    last: int
    body: str
    """What is stored of it, laid out for reading."""
    entry: str
    leaf: str
    """In hexadecimal."""
    state: Sequence[Compared]

    @property
    def begins(self) -> bool:
        """There was no state before it."""
        return not any(one.then for one in self.state)

    @classmethod
    def of_version(cls, visit: Visit, found: Seen, version: int | None) -> Self | None:
        """That of the last event up to the version, by default of all; None if there is none yet."""
        shown = history_of(found, visit.moment)
        if not shown:
            return None
        nth = max(sum(version is None or one.version <= version for one in shown), 1)
        stored = shown[nth - 1]
        return cls(
            event=EventTold.of(stored),
            nth=nth,
            of=len(shown),
            first=shown[0].version,
            previous=shown[nth - 2].version if nth > 1 else None,
            next=shown[nth].version if nth < len(shown) else None,
            last=shown[-1].version,
            body=json.dumps(json.loads(stored.body), ensure_ascii=False, indent=2),
            entry=entry(stored).decode(),
            leaf=leaf_hash(stored).hex(),
            state=_states(visit, found, stored),
        )


@router.get("/instructions/{number}/replay")
async def replay_instruction(
    visit: Visiting,
    number: Named,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """At the event of a version; by default at the last one."""
    found = await see(visit.asking, number, "history", "detail")
    step = Step.of_version(visit, found, version)
    if step is None:
        raise not_found(f"instruction {number} by then")
    [said], people = await told(visit, [step.event], found.events(visit.moment.as_of))
    return await visit.drawing.page(
        visit,
        "audit/replay.html",
        active="audit" if visit.asking.reader.audits_any else "register",
        number=found.state.record.number,
        instruction=found.instruction,
        text=text_of(found, visit.moment),
        step=step,
        said=said,
        people=people,
        proves="proof" in found.aspects and "audit" in visit.asking.authenticated.scopes,
    )


def text_of(found: Seen, when: Moment) -> str:
    """What it charges with, as of then; empty if it was not there."""
    state = found.folded(when.as_of)
    return "" if isinstance(state, Unissued) else state.record.text


def _states(visit: Visit, found: Seen, stored: StoredEvent) -> Sequence[Compared]:
    """Before and after the event, both told of the moment that it occurred: what is other is its doing.

    As it was known by then: a correction counts from where it was recorded.
    """
    before = [one for one in found.recorded if one[0].version < stored.version]
    after = found.recorded[: len(before) + 1]
    then, now = (state_after(some, visit.moment.as_of) for some in (before, after))
    at = stored.occurred_at
    return compared(
        lines_of(visit, found.instruction, then, at), lines_of(visit, found.instruction, now, at)
    )
