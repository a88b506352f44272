"""Who was told says that they have taken note."""

from collections.abc import Sequence

from domain.attribution import Attribution
from domain.instruction import events as e
from domain.instruction.commands import AcknowledgeNotice
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import NoticeKey, Rejected
from domain.rejections import invalid, not_authorised


def by_recipient(command: AcknowledgeNotice, deed: str) -> Attribution | Rejected:
    """The person themselves, by no office: they may hold none any more."""
    recipient = command.notice.recipient
    if command.actor != recipient:
        return not_authorised(command.actor, deed, f"the recipient ({recipient})")
    if command.on_behalf_of is not None:
        return invalid("on_behalf_of", "a notice is acknowledged for oneself; leave it out")
    return Attribution(actor=command.actor, identity=command.identity)


def acknowledge_notice(
    command: AcknowledgeNotice, record: Record, ctx: Context
) -> e.NotificationAcknowledged | tuple[()] | Rejected:
    """Nothing for one that is acknowledged already."""
    notice = command.notice
    if not _given(notice, ctx.facts.history):
        return invalid(
            "notice",
            f"event {notice.version} of {record.number} was not told to {notice.recipient} by "
            f"{notice.channel}; look at its notices",
        )
    if any(
        isinstance(event, e.NotificationAcknowledged) and event.notice == notice
        for event in ctx.facts.history
    ):
        return ()
    return e.NotificationAcknowledged(occurred_at=ctx.occurred_at, by=ctx.by, notice=notice)


def _given(notice: NoticeKey, history: Sequence[e.InstructionEvent]) -> bool:
    if not 0 < notice.version <= len(history):
        return False
    event = history[notice.version - 1]
    return isinstance(event, e.NotifyingEvent) and any(
        (to.person, to.channel) == (notice.recipient, notice.channel) for to in event.notices
    )
