"""`remit policy apply`: what is open under a policy goes by its latest version from now on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from cli.arguments import Reason
from cli.bulk import Many, run_bulk
from cli.filters import ChosenForBulk
from cli.policy_given import not_published
from cli.session import Session
from domain.instruction import commands as c
from domain.instruction.state import Unissued
from domain.policies import DEFAULT_POLICY, Policy
from eventstore.replay import instructions_as_of
from operators.operations import TheSame
from readmodels.worklist import Work, Worklist

_ALL = ChosenForBulk()
_READ = 500
"""Instructions whose events are in memory at a time."""


async def apply(
    policy: Annotated[str, Parameter(help="The id of a published policy.")],
    /,
    *,
    instead_of: Annotated[
        str | None,
        Parameter(help="Those that run under this policy; by default under an earlier version."),
    ] = None,
    reason: Reason,
    chosen: ChosenForBulk = _ALL,
    many: Many,
) -> None:
    """As the issuer, have what is open under a policy go by its latest version; shown first, done with --yes.

    Instructions that go by it already are left out.
    """

    async def those(session: Session, at: datetime) -> Sequence[Work]:
        published = (await session.handler.directory()).policies.get(policy)
        if published is None and policy != DEFAULT_POLICY.id:
            raise not_published(policy)
        rules = DEFAULT_POLICY if published is None else published.policy
        works = await Worklist(session.pool).every(await chosen.filter(session), at)
        return await _under(session, works, instead_of or policy, rules)

    await run_bulk(TheSame(c.ChangePolicy, {"policy": policy, "reason": reason}), those, many)


async def _under(
    session: Session, works: Sequence[Work], policy: str, rules: Policy
) -> Sequence[Work]:
    """Those that run under the policy, by other rules than these."""
    found: list[Work] = []
    for start in range(0, len(works), _READ):
        some = works[start : start + _READ]
        states = await instructions_as_of(session.store, [work.row.instruction for work in some])
        for work in some:
            state = states[work.row.instruction]
            if isinstance(state, Unissued) or state.record.policy.id != policy:
                continue
            if state.record.policy != rules.of_priority(state.record.priority):
                found.append(work)
    return found
