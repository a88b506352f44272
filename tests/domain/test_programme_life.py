"""A programme from draft to close: who may do what when, and what it leads to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import TypedDict, get_args

import pytest

from domain.directory.commands import (
    AnyDirectoryCommand,
    Appoint,
    RegisterOffice,
    ReorganiseBody,
    Substitute,
)
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme import events as e
from domain.programme.authority import body_of
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from domain.programme.terms import Figures, Sector
from domain.rejections import Code
from tests.domain.directory_specification import asked, directory_after
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    DAY,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_REGISTRAR,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    STRANGER,
    SUPREME_HEAD,
    SUPREME_REGISTRAR,
    done_by,
    facts,
)

NEXT = "programme-2027-30"
MEETING = "council-2026-01"
MEETING_AT = NOW - 10 * DAY
FIGURES = Figures(
    total=310,
    implemented=125,
    behind_schedule=14,
    late_against_original=14,
    completed_late=0,
    open_late=14,
    cancelled=0,
    carried_over=0,
    proposed=0,
    refused=0,
    by_sector=(),
    by_lead=(),
)
SECTORS = (Sector(id="transport", name="Transport"), Sector(id="customs", name="Customs"))


def drafted() -> e.ProgrammeDrafted:
    return e.ProgrammeDrafted(
        **done_by(COUNCIL_OFFICER, NOW - 30 * DAY),
        programme=NEXT,
        title="Main guidelines 2027–30",
        body=COUNCIL,
        period_start=date(2027, 1, 1),
        period_end=date(2030, 12, 31),
    )


def adopted(at: datetime = NOW - 20 * DAY, title: str = drafted().title) -> e.ProgrammeAdopted:
    return e.ProgrammeAdopted(
        **done_by(COUNCIL_OFFICER, at),
        programme=NEXT,
        title=title,
        body=COUNCIL,
        period_start=date(2027, 1, 1),
        period_end=date(2030, 12, 31),
    )


def closed(at: datetime = NOW) -> e.ProgrammeClosed:
    return e.ProgrammeClosed(**done_by(COUNCIL_OFFICER, at))


def scheduled(at: datetime, moment: datetime) -> e.MeetingScheduled:
    return e.MeetingScheduled(
        **done_by(COUNCIL_OFFICER, at), meeting=MEETING, title="Council", at=moment
    )


def held(at: datetime = NOW - DAY, moment: datetime = MEETING_AT) -> e.MeetingHeld:
    return e.MeetingHeld(
        **done_by(COUNCIL_OFFICER, at), meeting=MEETING, title="Council", at=moment
    )


def digest_scheduled(at: datetime = NOW - DAY) -> e.DigestScheduled:
    return e.DigestScheduled(
        **done_by(COUNCIL_OFFICER, at),
        weekday="Mon",
        hour=time(9),
        zone="Europe/Minsk",
        bodies=(),
        offices=(),
    )


def published(at: datetime = NOW) -> e.ReportPublished:
    return e.ReportPublished(
        **done_by(COUNCIL_OFFICER, at),
        meeting=MEETING,
        as_of=MEETING_AT,
        position=2467,
        figures=FIGURES,
    )


class _Envelope(TypedDict):
    command_id: str
    programme: str


_HEAD = _Envelope(command_id="command", programme=NEXT)
DRAFT = c.DraftProgramme(
    **_HEAD,
    actor=COUNCIL_OFFICER,
    title=drafted().title,
    body=COUNCIL,
    period_start=date(2027, 1, 1),
    period_end=date(2030, 12, 31),
)
ADOPT = c.AdoptProgramme(**_HEAD, actor=COUNCIL_OFFICER)
CLOSE = c.CloseProgramme(**_HEAD, actor=COUNCIL_OFFICER)
SET_SECTORS = c.SetSectors(**_HEAD, actor=COUNCIL_OFFICER, sectors=SECTORS)
SCHEDULE = c.ScheduleMeeting(
    **_HEAD, actor=COUNCIL_OFFICER, meeting=MEETING, title="Council", at=NOW + 10 * DAY
)
HOLD = c.HoldMeeting(
    **_HEAD, actor=COUNCIL_OFFICER, meeting=MEETING, title="Council", at=MEETING_AT
)
PUBLISH = c.PublishReport(
    **_HEAD,
    actor=COUNCIL_OFFICER,
    meeting=MEETING,
    as_of=MEETING_AT,
    position=2467,
    figures=FIGURES,
)
SCHEDULE_DIGEST = c.ScheduleDigest(**_HEAD, actor=COUNCIL_OFFICER, weekday="Mon", hour=time(9))
END_DIGEST = c.EndDigest(**_HEAD, actor=COUNCIL_OFFICER)
SEND_DIGEST = c.SendDigest(**_HEAD, actor=COUNCIL_OFFICER)


@dataclass(frozen=True)
class Given:
    history: tuple[e.ProgrammeEvent, ...]
    world: Facts = field(default_factory=facts)

    @property
    def state(self) -> Programme | None:
        return programme_decider.fold(self.history)

    @property
    def programme(self) -> Programme:
        assert self.state is not None
        return self.state

    def when(self, command: c.AnyProgrammeCommand) -> "Decided":
        """The log ends where the report was read."""
        known = replace(self.world, head=PUBLISH.position)
        return Decided(programme_decider.decide(command, self.state, known, NOW))

    def in_world(self, *commands: AnyDirectoryCommand) -> "Given":
        """The directory is as usual, but these were accepted as well."""
        return replace(self, world=replace(facts(), directory=directory_after(*commands).directory))


@dataclass(frozen=True)
class Decided:
    outcome: tuple[e.ProgrammeEvent, ...] | Rejected

    def then(self, *expected: e.ProgrammeEvent) -> None:
        assert self.outcome == expected

    def refused(self, code: Code, field: str | None = None) -> None:
        assert isinstance(self.outcome, Rejected), f"accepted: {self.outcome}"
        assert (self.outcome.code, self.outcome.field) == (code, field), self.outcome.message
        assert len(self.outcome.message.split()) > 4


def given(*history: e.ProgrammeEvent) -> Given:
    return Given(history)


def test_a_programme_is_drafted_adopted_and_closed() -> None:
    draft = drafted().model_copy(update={"occurred_at": NOW})
    given().when(DRAFT).then(draft)
    given(drafted()).when(ADOPT).then(adopted(NOW))
    given(drafted(), adopted()).when(CLOSE).then(closed())
    phases = [
        given(*history).programme.phase
        for history in (
            (drafted(),),
            (drafted(), adopted()),
            (adopted(),),
            (drafted(), adopted(), closed()),
            (drafted(), closed()),
        )
    ]
    assert phases == ["Drafted", "Adopted", "Adopted", "Closed", "Closed"]


def test_a_draft_is_adopted_with_changes() -> None:
    title = "Main guidelines of 2027–30"
    changed = ADOPT.model_copy(update={"title": title})
    given(drafted()).when(changed).then(adopted(NOW, title))
    assert given(drafted(), adopted(NOW, title)).programme.title == title


def test_a_draft_is_adopted_for_no_other_body() -> None:
    other = ADOPT.model_copy(update={"body": MINISTRY_A, "actor": MINISTRY_A_HEAD})
    given(drafted()).when(other).refused(Code.INVALID, "body")


@pytest.mark.parametrize("missing", ["title", "body", "period_start", "period_end"])
def test_without_a_draft_all_must_be_given(missing: str) -> None:
    fields = DRAFT.model_dump(exclude={"type", missing})
    given().when(c.AdoptProgramme(**fields)).refused(Code.INVALID, missing)


def test_an_adoption_keeps_sectors_and_meetings_of_the_draft() -> None:
    sectors = e.SectorsSet(**done_by(COUNCIL_OFFICER, NOW), sectors=SECTORS)
    programme = given(drafted(), sectors, held(), adopted()).programme
    assert programme.sectors == SECTORS
    assert list(programme.meetings) == [MEETING]


@pytest.mark.parametrize("history", [(drafted(),), (adopted(),), (drafted(), adopted(), closed())])
def test_an_id_is_drafted_once(history: Sequence[e.ProgrammeEvent]) -> None:
    given(*history).when(DRAFT).refused(Code.ALREADY_EXISTS, "programme")


def test_once_set_other_sectors_are_refused() -> None:
    assert not given(adopted()).programme.refuses_sector("anything")
    event = e.SectorsSet(**done_by(COUNCIL_OFFICER, NOW), sectors=SECTORS)
    given(adopted()).when(SET_SECTORS).then(event)
    programme = given(adopted(), event).programme
    assert [programme.refuses_sector(s) for s in ("transport", "customs", "energy")] == [
        False,
        False,
        True,
    ]


def test_a_sector_is_named_once() -> None:
    twice = SET_SECTORS.model_copy(update={"sectors": (SECTORS[0], SECTORS[0])})
    given(adopted()).when(twice).refused(Code.INVALID, "sectors")


def test_a_meeting_is_announced_moved_and_held() -> None:
    later = NOW + 20 * DAY
    given(adopted()).when(SCHEDULE).then(scheduled(NOW, NOW + 10 * DAY))
    moved = SCHEDULE.model_copy(update={"at": later})
    announced = given(adopted(), scheduled(NOW - 5 * DAY, NOW + 10 * DAY))
    announced.when(moved).then(scheduled(NOW, later))
    past = given(adopted(), scheduled(NOW - 20 * DAY, MEETING_AT))
    as_announced = HOLD.model_copy(update={"title": None, "at": None})
    past.when(as_announced).then(held(NOW))


def test_a_meeting_of_the_past_is_entered_without_being_announced() -> None:
    given(adopted()).when(HOLD).then(held(NOW))
    unsaid = HOLD.model_copy(update={"at": None})
    given(adopted()).when(unsaid).refused(Code.INVALID, "at")


def test_what_is_to_come_is_not_held_and_what_was_is_not_announced() -> None:
    to_come = HOLD.model_copy(update={"at": NOW + DAY})
    given(adopted()).when(to_come).refused(Code.OCCURRED_IN_THE_FUTURE, "at")
    past = SCHEDULE.model_copy(update={"at": NOW})
    given(adopted()).when(past).refused(Code.INVALID, "at")


def test_the_moment_of_a_meeting_that_was_held_is_final() -> None:
    given(adopted(), held()).when(SCHEDULE).refused(Code.ALREADY_EXISTS, "meeting")
    given(adopted(), held()).when(HOLD).refused(Code.ALREADY_EXISTS, "meeting")


def test_a_report_is_published_for_a_meeting_once() -> None:
    given(adopted(), held()).when(PUBLISH).then(published())
    after = given(adopted(), held(), published())
    report = after.programme.meetings[MEETING].report
    assert report is not None
    assert (report.position, report.published_at, report.figures) == (2467, NOW, FIGURES)
    after.when(PUBLISH).refused(Code.ALREADY_PUBLISHED, "meeting")


def test_a_report_is_as_of_its_meeting() -> None:
    another = PUBLISH.model_copy(update={"as_of": NOW})
    given(adopted(), held()).when(another).refused(Code.INVALID, "as_of")


def test_no_report_reads_beyond_the_end_of_the_log() -> None:
    beyond = PUBLISH.model_copy(update={"position": PUBLISH.position + 1})
    given(adopted(), held()).when(beyond).refused(Code.INVALID, "position")


def test_no_report_is_published_for_a_meeting_that_was_not_held() -> None:
    given(adopted()).when(PUBLISH).refused(Code.UNKNOWN, "meeting")
    given(adopted(), scheduled(NOW, NOW + DAY)).when(PUBLISH).refused(Code.UNKNOWN, "meeting")


def test_of_a_draft_nothing_is_reported() -> None:
    given(drafted(), held()).when(PUBLISH).refused(Code.NOT_IN_THIS_PHASE)


def test_of_a_closed_programme_the_last_report_is_still_published() -> None:
    given(adopted(), closed(), held()).when(PUBLISH).then(published())
    for command in (CLOSE, SET_SECTORS, SCHEDULE):
        given(adopted(), closed()).when(command).refused(Code.NOT_IN_THIS_PHASE)
    given(adopted(), closed()).when(ADOPT).refused(Code.ALREADY_EXISTS, "programme")


@pytest.mark.parametrize(
    "command",
    [CLOSE, SET_SECTORS, SCHEDULE, HOLD, PUBLISH, SCHEDULE_DIGEST, END_DIGEST, SEND_DIGEST],
)
def test_nothing_is_done_to_a_programme_that_is_not_there(command: c.AnyProgrammeCommand) -> None:
    given().when(command).refused(Code.UNKNOWN, "programme")


_MAY = {COUNCIL_HEAD, COUNCIL_OFFICER}
_NOT = {
    SUPREME_HEAD,
    SUPREME_REGISTRAR,
    COUNCIL_REGISTRAR,
    COUNCIL_OPERATOR,
    ADMINISTRATOR,
    CONTROL_OFFICER,
    MINISTRY_A_HEAD,
    MINISTRY_A_REGISTRAR,
    STRANGER,
}
_HISTORY = {SUPREME_REGISTRAR, COUNCIL_REGISTRAR}
_AUTHORITY: tuple[tuple[tuple[e.ProgrammeEvent, ...], c.AnyProgrammeCommand, set[str]], ...] = (
    ((), DRAFT, set()),
    ((drafted(),), ADOPT, set()),
    ((adopted(),), CLOSE, set()),
    ((adopted(),), SET_SECTORS, set()),
    ((adopted(),), SCHEDULE, set()),
    ((adopted(),), HOLD, _HISTORY),
    ((adopted(), held()), PUBLISH, set()),
    ((adopted(),), SCHEDULE_DIGEST, set()),
    ((adopted(), digest_scheduled()), END_DIGEST, set()),
    ((adopted(),), SEND_DIGEST, set()),
)
"""Each command, where it is allowed, and who may besides the head and the officers of the body."""


_CELLS = pytest.mark.parametrize(
    ("history", "command", "also"), _AUTHORITY, ids=lambda cell: getattr(cell, "type", None)
)


@pytest.mark.parametrize("actor", sorted(_MAY | _NOT))
@_CELLS
def test_who_may(
    history: tuple[e.ProgrammeEvent, ...],
    command: c.AnyProgrammeCommand,
    also: set[str],
    actor: str,
) -> None:
    decided = given(*history).when(command.model_copy(update={"actor": actor}))
    if actor in _MAY | also:
        assert not isinstance(decided.outcome, Rejected)
        assert decided.outcome[0].by.actor == actor
        assert decided.outcome[0].by.on_behalf_of == COUNCIL
    else:
        decided.refused(Code.NOT_AUTHORISED, "actor")


def test_the_table_names_every_command() -> None:
    union, _ = get_args(c.AnyProgrammeCommand)
    assert [type(command) for _, command, _ in _AUTHORITY] == list(get_args(union))


@_CELLS
def test_a_substitute_may_what_the_absent_person_may(
    history: tuple[e.ProgrammeEvent, ...], command: c.AnyProgrammeCommand, also: set[str]
) -> None:
    asked_for = command.model_copy(update={"actor": STRANGER})
    for absent in sorted(_MAY | _NOT - {STRANGER}):
        stood_in_for = Substitute(
            **asked(),
            absent=absent,
            substitute=STRANGER,
            since=NOW.date(),
            reason="On leave.",
        )
        decided = given(*history).in_world(stood_in_for).when(asked_for)
        if absent in _MAY | also:
            assert not isinstance(decided.outcome, Rejected)
            assert decided.outcome[0].by.substituting == absent
        else:
            decided.refused(Code.NOT_AUTHORISED, "actor")


_HEIR_HEAD = MINISTRY_B_HEAD
_MERGED = (
    # The only administrator is the council's; somebody must keep the directory after it.
    RegisterOffice(**asked(), office="keeper", body=MINISTRY_B, office_kind="administrator"),
    Appoint(**asked(), person=STRANGER, office="keeper", since=date(2026, 1, 1)),
    ReorganiseBody(**asked(), body=COUNCIL, kind="merged", into=(MINISTRY_B,), heir=MINISTRY_B),
)


@pytest.mark.parametrize(
    ("history", "command", "also"), _AUTHORITY[1:], ids=lambda cell: getattr(cell, "type", None)
)
def test_a_programme_goes_on_with_the_heir_of_its_body(
    history: tuple[e.ProgrammeEvent, ...], command: c.AnyProgrammeCommand, also: set[str]
) -> None:
    """Of drafting there is nothing to inherit."""
    del also
    after = given(*(history or (drafted(),))).in_world(*_MERGED)
    decided = after.when(command.model_copy(update={"actor": _HEIR_HEAD}))
    assert not isinstance(decided.outcome, Rejected), decided.outcome
    assert decided.outcome[0].by.on_behalf_of == MINISTRY_B
    for former in (COUNCIL_HEAD, COUNCIL_OFFICER):
        after.when(command.model_copy(update={"actor": former})).refused(
            Code.NOT_AUTHORISED, "actor"
        )


def test_a_draft_that_the_heir_adopts_is_its_own() -> None:
    adopts = ADOPT.model_copy(update={"actor": _HEIR_HEAD, "body": MINISTRY_B})
    after = given(drafted()).in_world(*_MERGED)
    decided = after.when(adopts).outcome
    assert not isinstance(decided, Rejected), decided
    assert given(drafted(), *decided).programme.body == MINISTRY_B
    directory = after.world.directory
    assert body_of(after.programme, directory, NOW) == MINISTRY_B
    assert body_of(after.programme, directory, NOW - DAY) == COUNCIL


def test_nobody_acts_for_another_body_than_the_programmes() -> None:
    for_another = CLOSE.model_copy(update={"on_behalf_of": MINISTRY_A})
    given(adopted()).when(for_another).refused(Code.NOT_AUTHORISED, "actor")


def test_events_without_a_founding_change_nothing() -> None:
    assert given(held(), published(), closed()).state is None
    assert given(adopted(), published()).programme.meetings == {}
