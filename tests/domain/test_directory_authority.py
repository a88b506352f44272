"""Who may keep the directory: administrators and who stands in for one. Every command, every office."""

from datetime import date
from typing import get_args

import pytest

from domain.directory import commands as c
from domain.directory.commands import AnyDirectoryCommand
from domain.outcomes import Rejected
from domain.policies import Policy
from domain.rejections import Code
from domain.working_time import PLAIN
from tests.domain.directory_specification import DirectoryGiven, asked, directory_after
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    JOINT,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    REGION,
    REGION_HEAD,
    STRANGER,
    SUPREME_HEAD,
    by,
)

_TODAY = date(2026, 2, 2)
_LATER = date(2026, 2, 20)
_AWAY = c.Substitute(
    **asked(),
    absent=REGION_HEAD,
    substitute=MINISTRY_A_OFFICER,
    since=_TODAY,
    reason="On leave.",
)
_PUBLISHED = c.PublishCalendar(
    **asked(),
    calendar="BY",
    title="Belarus",
    week=PLAIN.week,
    days=(),
    first=_TODAY,
    last=_LATER,
    origin="by hand",
)
_COMMANDS: tuple[AnyDirectoryCommand, ...] = (
    c.RegisterBody(**asked(), body="new", name="New", body_kind="agency"),
    c.EstablishBody(**asked(), body=JOINT, on=date(2026, 9, 1)),
    c.RenameBody(**asked(), body=REGION, name="United region"),
    c.MoveBody(**asked(), body=REGION, parent=MINISTRY_B),
    c.ReorganiseBody(**asked(), body=REGION, kind="merged", into=(MINISTRY_B,), heir=MINISTRY_B),
    c.CloseBody(**asked(), body=REGION),
    c.RegisterOffice(**asked(), office="new", body=CONTROL, office_kind="head"),
    c.CloseOffice(**asked(), office="region-head"),
    c.RegisterPerson(**asked(), person="p-100", commitment="a" * 64),
    c.ReplacePersonDetails(**asked(), person=REGION_HEAD, commitment="b" * 64),
    c.SetChannels(**asked(), person=REGION_HEAD, channels=("email",)),
    c.PublishPolicy(**asked(), policy=Policy(id="quiet")),
    c.SetPreferences(**asked(), person=REGION_HEAD, language="ru"),
    c.ErasePerson(**asked(), person=REGION_HEAD, reason="At their request."),
    c.Appoint(**asked(), person=STRANGER, office="control-officer", since=_TODAY),
    c.EndAppointment(**asked(), person=MINISTRY_A_HEAD, office="ministry-a-head"),
    c.Substitute(
        **asked(),
        absent=MINISTRY_A_HEAD,
        substitute=COUNCIL_HEAD,
        since=_TODAY,
        reason="On leave.",
    ),
    c.EndSubstitution(**asked(), absent=REGION_HEAD, substitute=MINISTRY_A_OFFICER, until=_LATER),
    c.PublishCalendar(
        **asked(),
        calendar="new",
        title="New",
        week=PLAIN.week,
        days=(),
        first=_TODAY,
        last=_LATER,
        origin="by hand",
    ),
    c.FollowCalendar(**asked(), body=REGION, calendar="BY"),
)
_OTHERS = (
    SUPREME_HEAD,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    STRANGER,
)
"""One of every other kind of office, some of the administrator's own body, and one of none."""

_EVERY = pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command.type)


def _world(*further: AnyDirectoryCommand) -> DirectoryGiven:
    """One in which each can be done: there is a substitution to end, and a calendar to follow."""
    return directory_after(_AWAY, _PUBLISHED, *further)


def _sent_by(command: AnyDirectoryCommand, actor: str, **fields: object) -> AnyDirectoryCommand:
    return command.model_copy(update={"actor": actor, **fields})


def test_every_command_is_there() -> None:
    union, _ = get_args(AnyDirectoryCommand)
    assert [type(command) for command in _COMMANDS] == list(get_args(union))


@_EVERY
def test_an_administrator_may(command: AnyDirectoryCommand) -> None:
    assert _world().when(command).event.by == by(ADMINISTRATOR)


@_EVERY
@pytest.mark.parametrize("actor", _OTHERS)
def test_nobody_else_may(command: AnyDirectoryCommand, actor: str) -> None:
    _world().when(_sent_by(command, actor)).refused(Code.NOT_AUTHORISED, "actor")


@_EVERY
def test_who_substitutes_for_an_administrator_may(command: AnyDirectoryCommand) -> None:
    stands_in = c.Substitute(
        **asked(),
        absent=ADMINISTRATOR,
        substitute=COUNCIL_OPERATOR,
        since=_TODAY,
        until=_LATER,
        reason="On leave.",
    )
    done = _world(stands_in).when(_sent_by(command, COUNCIL_OPERATOR)).event
    assert (done.by.actor, done.by.substituting) == (COUNCIL_OPERATOR, ADMINISTRATOR)
    assert done.by.office == "council-administrator"


@_EVERY
def test_who_substitutes_for_somebody_else_may_not(command: AnyDirectoryCommand) -> None:
    decided = _world().when(_sent_by(command, MINISTRY_A_OFFICER))
    decided.refused(Code.NOT_AUTHORISED, "actor")


@_EVERY
def test_an_administrator_may_for_the_body_of_their_office_only(
    command: AnyDirectoryCommand,
) -> None:
    for_own = _sent_by(command, ADMINISTRATOR, on_behalf_of=COUNCIL)
    assert not isinstance(_world().when(for_own).outcome, Rejected)
    for_another = _sent_by(command, ADMINISTRATOR, on_behalf_of=REGION)
    _world().when(for_another).refused(Code.NOT_AUTHORISED, "actor", f"administrator of {REGION}")


def test_a_person_sets_their_own_preferences_by_no_office() -> None:
    own = c.SetPreferences(**asked(REGION_HEAD), person=REGION_HEAD, language="ru")
    done = _world().when(own).event
    assert (done.by.actor, done.by.office, done.by.on_behalf_of) == (REGION_HEAD, None, None)
    _world().when(own.model_copy(update={"on_behalf_of": REGION})).refused(
        Code.INVALID, "on_behalf_of"
    )
