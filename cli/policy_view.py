"""How policies are shown: the list of them, and one as its file with a timeline of what it would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from cli.output import plain, table
from cli.policy_example import ExampleMoment, example_moments
from domain.directory.state import Directory, PublishedPolicy
from domain.policies import Priority, Rules, policy_hash
from domain.working_time import day_end
from importing.policy_file import policy_as_yaml

_MARKS = {"reminder": ("●", "cyan"), "escalation": ("▲", "red"), "recorded": ("◆", "yellow")}
_LEGEND = "● told to the lead   ▲ brought before somebody   ◆ only recorded   │ the deadline"
_LEAST_BAR = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One policy, with the moments of the example."""

    published: PublishedPolicy
    moments: Sequence[ExampleMoment]
    begin: datetime
    deadline: datetime
    heading: str

    @property
    def json(self) -> dict[str, Any]:
        policy = self.published.policy
        return {
            "policy": policy.id,
            "version": self.published.version,
            "published_at": self.published.at,
            "policy_hash": policy_hash(policy),
            "rules": policy.model_dump(mode="json"),
            "example": {
                "begin": self.begin,
                "deadline": self.deadline,
                "moments": [one.json for one in self.moments],
            },
        }

    def picture(self, width: int) -> RenderableType:
        policy = self.published.policy
        version = f"version {self.published.version}" if self.published.version else "Remit's own"
        return Group(
            Text(f"{policy.id}, {version}", style="bold"),
            Syntax(policy_as_yaml(policy), "yaml", background_color="default", word_wrap=True),
            self._timeline(width),
            Text(_LEGEND, style="dim"),
        )

    def _timeline(self, width: int) -> Table:
        made = table(self.heading, ">day", "local time", "rule", "to", "timeline")
        for place in (0, 1, 4):
            made.columns[place].no_wrap = True
        ends = [*(one.at for one in self.moments), self.deadline]
        first, last = self.begin, max(ends)
        length = max(_LEAST_BAR, width - 62)
        for one in self.moments:
            mark, colour = _MARKS[one.kind]
            bar = _bar(length, self._at(self.deadline, first, last, length), "│")
            at = self._at(one.at, first, last, length)
            drawn = Text.assemble(bar[:at], (mark, colour), bar[at + 1 :])
            made.add_row(
                f"{one.days:+d}",
                f"{one.local:%Y-%m-%d %a %H:%M}",
                plain(one.rule),
                plain(one.to),
                drawn,
            )
        return made

    @staticmethod
    def _at(moment: datetime, first: datetime, last: datetime, length: int) -> int:
        whole = max(last - first, timedelta(seconds=1))
        return min(length - 1, int((moment - first) / whole * length))


def shown(
    published: PublishedPolicy,
    directory: Directory,
    tzdata: str,
    *,
    begin: date,
    length: int,
    zone: str,
    calendar: str | None,
    priority: Priority,
) -> Shown:
    """The policy on an example that begins on a day and is due so many days later."""
    last = begin + timedelta(days=length)
    moments = example_moments(
        published.policy.of_priority(priority),
        directory,
        tzdata,
        begin=begin,
        last=last,
        zone=zone,
        calendar=calendar,
    )
    return Shown(
        published=published,
        moments=moments,
        begin=day_end(begin - timedelta(days=1), zone),
        deadline=day_end(last, zone),
        heading=f"Assigned on {begin} at 09:00, due on {last}; never acknowledged, nor reported on time "
        "(days are counted from the deadline)",
    )


def listed_json(known: Sequence[PublishedPolicy]) -> list[dict[str, Any]]:
    return [
        {
            "policy": one.policy.id,
            "version": one.version,
            "published_at": one.at,
            "policy_hash": policy_hash(one.policy),
            "reminders": len(one.policy.reminders),
            "escalation": len(one.policy.escalation),
            "variants": sorted(one.policy.variants),
        }
        for one in known
    ]


def listed_table(known: Sequence[PublishedPolicy]) -> Table:
    made = table("Policies", "policy", ">version", "published", "watches", "variants")
    for one in known:
        made.add_row(
            plain(one.policy.id),
            str(one.version) if one.version else "-",
            f"{one.at:%Y-%m-%d}" if one.at else "Remit's own",
            _watches(one.policy),
            ", ".join(sorted(one.policy.variants)),
        )
    return made


def _watches(rules: Rules) -> str:
    parts = [
        f"{len(rules.reminders)} reminders" if rules.reminders else "",
        f"{len(rules.escalation)} steps" if rules.escalation else "",
        f"{rules.again.times} rounds" if rules.again else "",
        "a progress cycle" if rules.progress else "",
        "acknowledgement" if rules.acknowledge_within else "",
        "acceptance" if rules.accept_within else "",
    ]
    return ", ".join(part for part in parts if part)


def _bar(length: int, at: int, mark: str) -> str:
    return "·" * at + mark + "·" * (length - at - 1)
