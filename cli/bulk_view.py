"""What a bulk would do, and what it did: as a table in the terminal, and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.table import Table

from cli.describe import describe
from cli.errors import OutOfReach, Refused
from cli.output import console, plain, print_json, table
from domain.outcomes import Recorded, Rejected
from operators.bulk import Judged, Prepared, Verdict, said_by_number
from operators.carrying_out import Ended

_COLOURS: Mapping[Verdict, str] = {
    "accepted": "green",
    "recorded": "green",
    "refused": "red",
    "unknown": "red",
    "not sent": "yellow",
}


class _Line(NamedTuple):
    prepared: Prepared
    verdict: Verdict
    said: str


def show_preview(bulk_id: str, judged: Sequence[Judged], *, limit: int, json: bool) -> None:
    verdicts: list[Verdict] = [one.told for one in judged]
    if json:
        told = [
            _line_json(one.prepared, verdict, _refusal(one)) | {"events": _events_json(one)}
            for one, verdict in zip(judged, verdicts, strict=True)
        ]
        print_json(_answer(bulk_id, verdicts, told) | {"preview": True})
        return
    lines = [
        _Line(one.prepared, verdict, _foreseen(one))
        for one, verdict in zip(judged, verdicts, strict=True)
    ]
    if lines:
        console.print(_picture("Preview: nothing was recorded", lines, limit))
    refusals = [rejection for one in judged if (rejection := _refusal(one)) is not None]
    console.print(_counted(verdicts, refusals), soft_wrap=True)
    if "accepted" in verdicts:
        console.print(f"to do it: the same with --yes --bulk-id {bulk_id}", soft_wrap=True)


def tell(bulk_id: str, ended: Sequence[Ended], *, limit: int, json: bool) -> None:
    """What was done. Raises `OutOfReach` if an outcome is unknown, else `Refused` if any was refused."""
    verdicts: list[Verdict] = [one.verdict for one in ended]
    told = [
        _line_json(one.prepared, one.verdict, _rejection(one))
        | ({"position": one.outcome.position} if isinstance(one.outcome, Recorded) else {})
        for one in ended
    ]
    answer = _answer(bulk_id, verdicts, told) | {"preview": False}
    refused = [(one, rejection) for one in ended if (rejection := _rejection(one)) is not None]
    counted = _counted(verdicts, [rejection for _, rejection in refused])
    if ended and not json:
        lines = [_Line(one.prepared, one.verdict, _said(one)) for one in ended]
        console.print(_picture("Done", lines, limit))
    unanswered = [one for one in ended if one.unanswered is not None]
    if unanswered:
        raise OutOfReach(
            f"{counted}. {unanswered[0].unanswered}. To do what is left: the same with "
            f"--yes --bulk-id {bulk_id}",
            answer,
        )
    if refused:
        one, rejection = refused[0]
        number = one.prepared.work.row.number
        raise Refused(
            rejection.code,
            f"{counted}. What is in the way of {number}: {said_by_number(one.prepared, rejection)}",
            rejection.field,
            answer,
        )
    if json:
        print_json(answer)
    else:
        console.print(f"{counted} [dim](bulk id {bulk_id})[/]", soft_wrap=True)


def _refusal(one: Judged) -> Rejected | None:
    return one.verdict if isinstance(one.verdict, Rejected) else None


def _rejection(one: Ended) -> Rejected | None:
    return one.outcome if isinstance(one.outcome, Rejected) else None


def _foreseen(one: Judged) -> str:
    if isinstance(one.verdict, Rejected):
        return f"{one.verdict.code}: {said_by_number(one.prepared, one.verdict)}"
    return "; ".join(f"{event.type} {describe(event)}".rstrip() for event in one.verdict)


def _said(one: Ended) -> str:
    rejection = _rejection(one)
    if rejection is not None:
        return f"{rejection.code}: {said_by_number(one.prepared, rejection)}"
    if isinstance(one.outcome, Recorded) and one.outcome.position:
        return f"version {one.outcome.version}, position {one.outcome.position}"
    return one.unanswered or ""


def _events_json(one: Judged) -> list[dict[str, Any]]:
    if isinstance(one.verdict, Rejected):
        return []
    return [{"type": event.type, "says": describe(event)} for event in one.verdict]


def _line_json(prepared: Prepared, verdict: Verdict, rejection: Rejected | None) -> dict[str, Any]:
    line: dict[str, Any] = {"number": prepared.work.row.number, "verdict": verdict}
    if rejection is not None:
        line |= {
            "code": rejection.code,
            "message": said_by_number(prepared, rejection),
            "field": rejection.field,
        }
    return line


def _answer(
    bulk_id: str, verdicts: Sequence[Verdict], told: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "bulk_id": bulk_id,
        "selected": len(verdicts),
        "counts": dict(sorted(Counter(verdicts).items())),
        "instructions": told,
    }


def _picture(title: str, lines: Sequence[_Line], limit: int) -> Table:
    made = table(title, "number", "lead", "deadline", "verdict", "what, or why not")
    for place in (0, 2, 3):
        made.columns[place].no_wrap = True
    for prepared, verdict, said in lines[:limit]:
        row, colour = prepared.work.row, _COLOURS.get(verdict, "dim")
        made.add_row(
            plain(row.number),
            plain(row.lead or ""),
            f"{row.deadline:%Y-%m-%d}",
            f"[{colour}]{verdict}[/]",
            plain(said),
        )
    if len(lines) > limit:
        made.add_row(f"[dim]{len(lines) - limit} more: --limit[/]", "", "", "", "")
    return made


def _counted(verdicts: Sequence[Verdict], refusals: Sequence[Rejected]) -> str:
    """How many there are of each, and of each reason for refusing."""
    if not verdicts:
        return "none is selected"
    codes = Counter(rejection.code for rejection in refusals)
    why = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    parts = [
        f"{count} {verdict} ({why})" if verdict == "refused" else f"{count} {verdict}"
        for verdict, count in Counter(verdicts).most_common()
    ]
    return f"{len(verdicts)} selected: {', '.join(parts)}"
