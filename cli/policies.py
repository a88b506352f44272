"""Policies: publishing them, looking at one, having instructions go by it, and trying one on what happened."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from cli import policy_apply, policy_backtest
from cli.calendars import group
from cli.directory_record import record
from cli.envelope import envelope
from cli.errors import Refused, UsageError
from cli.options import Place, Sender
from cli.output import console, print_json, print_recorded, recorded_json
from cli.policy_given import not_published, policy_in
from cli.policy_view import listed_json, listed_table, shown
from cli.session import Session, open_session, settings_of
from domain.directory import commands as c
from domain.directory.policy_versions import latest_policies, versions_of
from domain.policies import PolicyId, Priority, policy_hash
from domain.rejections import Code
from domain.working_time import zones
from importing.policy_file import policy_as_yaml

_HERE = Place()
_HELP = "Reminders and escalations as data: docs/policies.md describes the files."
PolicyName = Annotated[str, Parameter(help="The policy's id.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Example:
    """The instruction that a policy is shown on."""

    length: Annotated[int, Parameter(validator=Number(gte=1, lte=3650))] = 60
    """Days from the assignment to its deadline."""
    begin: date | None = None
    """Its first day; by default today."""
    zone: str = "Europe/Minsk"
    """Of all that take part."""
    calendar: str | None = None
    """Published calendar that working days are counted by; by default the policy's, else Monday to Friday."""
    priority: Priority = "normal"
    """Which of the policy's variants is shown."""


_AN_EXAMPLE = Example()


async def publish(
    *files: Annotated[Path, Parameter(help="A YAML or JSON file of one policy.")], sender: Sender
) -> None:
    """Publish policies, or their next version. What is open keeps the rules it has: see `policy apply`."""
    if not files or (sender.command_id is not None and len(files) > 1):
        raise UsageError("name the files to publish; with --command-id exactly one")
    policies = [(file, policy_in(file)) for file in files]
    told: list[dict[str, object]] = []
    async with open_session(settings_of(sender.folder)) as session:
        for file, policy in policies:
            before = await _version(session, policy.id)
            command = c.PublishPolicy(**envelope(sender), policy=policy)
            recorded = await record(session.handler, command)
            version = await _version(session, policy.id)
            told.append(
                {
                    "file": str(file),
                    "policy": policy.id,
                    "policy_version": version,
                    "published": version > before,
                    "policy_hash": policy_hash(policy),
                    **recorded_json(command, recorded),
                }
            )
            if sender.json:
                continue
            if version == before:
                console.print(f"{policy.id} says so already; it stays at version {version}")
            else:
                print_recorded(command, recorded)
                console.print(f"{policy.id} is at version {version}")
    if sender.json:
        print_json(told)


async def list_(*, place: Place = _HERE) -> None:
    """The policies that are published, and what each watches."""
    async with open_session(settings_of(place.folder)) as session:
        known = latest_policies(await session.handler.directory())
    if place.json:
        print_json(listed_json(known))
    else:
        console.print(listed_table(known))


async def show(
    policy: PolicyName,
    /,
    *,
    version: Annotated[int | None, Parameter(help="By default the latest.")] = None,
    yaml: Annotated[bool, Parameter(help="The file alone, to be changed.", negative="")] = False,
    example: Example = _AN_EXAMPLE,
    place: Place = _HERE,
) -> None:
    """A policy as its file, and as a timeline: what would happen to an instruction nobody does anything about."""
    if example.zone not in zones():
        raise Refused(Code.INVALID, f"{example.zone} is no IANA zone; try Europe/Minsk", "zone")
    async with open_session(settings_of(place.folder)) as session:
        directory = await session.handler.directory()
        published = versions_of(directory, policy)
        tzdata = session.tzdata
    wanted = [one for one in published if version in (None, one.version)]
    if not wanted:
        if not published:
            raise not_published(policy)
        raise Refused(
            Code.UNKNOWN,
            f"{policy} has no version {version}; the latest is {published[-1].version}",
            "version",
        )
    if example.calendar is not None and example.calendar not in directory.calendars:
        raise Refused(
            Code.UNKNOWN,
            f"no calendar {example.calendar} is published; `remit calendar list` tells those that are",
            "calendar",
        )
    chosen = wanted[-1]
    if yaml and not place.json:
        print(policy_as_yaml(chosen.policy), end="")  # noqa: T201 - for a file, not for a terminal
        return
    begin = example.begin or datetime.now(UTC).date()
    told = shown(
        chosen,
        directory,
        tzdata,
        begin=begin,
        length=example.length,
        zone=example.zone,
        calendar=example.calendar,
        priority=example.priority,
    )
    if place.json:
        print_json(told.json)
    else:
        console.print(told.picture(console.width))


def add_to(app: App) -> None:
    sub = App(name="policy", help=_HELP, help_format="plaintext", group=group)
    sub.command(publish)
    sub.command(list_, name="list")
    sub.command(show)
    sub.command(policy_apply.apply)
    sub.command(policy_backtest.backtest, name="test")
    app.command(sub)


async def _version(session: Session, policy: PolicyId) -> int:
    """The latest one; 0 if none is published."""
    known = (await session.handler.directory()).policies.get(policy)
    return 0 if known is None else known.version
