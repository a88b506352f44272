"""A bulk carried out: what is not recorded yet is sent; of each it is told what became of it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.instruction.commands import ClientCommand
from domain.instruction.events import InstructionEvent
from domain.outcomes import Outcome, Recorded, Rejected
from eventstore.handle import CommandHandler
from operators.bulk import Prepared, Verdict, judge
from operators.sending import Progress, send_all
from workflows.client import CommandSender


@dataclass(frozen=True)
class Ended:
    """What became of one command: an outcome; or why it is unknown; or neither, and it was not sent."""

    prepared: Prepared
    outcome: Outcome | None = None
    unanswered: str | None = None
    known: bool = False
    """Recorded by an earlier attempt."""

    @classmethod
    def again(cls, prepared: Prepared, verdict: Sequence[InstructionEvent] | Rejected) -> "Ended":
        """Of a command whose id the log holds, as the log judges it now."""
        return cls(prepared, verdict if isinstance(verdict, Rejected) else None, known=True)

    @property
    def verdict(self) -> Verdict:
        match self.outcome:
            case Recorded():
                return "recorded" if self.outcome.position else "no change"
            case Rejected():
                return "refused"
            case None if self.known:
                return "recorded already"
            case None:
                return "not sent" if self.unanswered is None else "unknown"


def _as_it_is(command: ClientCommand) -> ClientCommand:
    return command


async def carry_out(
    handler: CommandHandler,
    sender: Callable[[], Awaitable[CommandSender]],
    prepared: Sequence[Prepared],
    at: datetime,
    progress: Progress,
    *,
    sealed: Callable[[ClientCommand], ClientCommand] = _as_it_is,
    within: timedelta | None = None,
) -> Sequence[Ended]:
    """By number, as they are prepared: of what the log holds it is told whether it is the same, the rest is sent.

    Args:
        at: the present.
        sender: asked only if there is something to send.
        sealed: the command as it is sent.
        within: what is not begun by then is not sent; None for as long as it takes.
    """
    began = time.monotonic()
    known = [one for one in prepared if one.recorded]
    ended = [Ended.again(one.prepared, one.verdict) for one in await judge(handler, known, at)]
    new = [one for one in prepared if not one.recorded]
    if new:
        spent = timedelta(seconds=time.monotonic() - began)
        sent = await send_all(
            await sender(),
            [sealed(one.command) for one in new],
            progress,
            within=None if within is None else within - spent,
        )
        ended += [
            Ended(one, sent.outcomes.get(nth), sent.unanswered.get(nth))
            for nth, one in enumerate(new)
        ]
    return sorted(ended, key=lambda one: one.prepared.work.row.number)
