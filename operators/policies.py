"""Which instructions a policy's latest version would change."""

from collections.abc import Sequence

from domain.directory.state import Directory
from domain.instruction.state import Unissued
from domain.policies import DEFAULT_POLICY, Policy
from eventstore.protocol import EventStore
from eventstore.replay import instructions_as_of
from readmodels.worklist import Work

_READ = 500
"""Instructions whose events are in memory at a time."""


def latest_rules(directory: Directory, policy: str) -> Policy | None:
    """Of a policy by its id; None if there is none. The default one need not be published."""
    published = directory.policies.get(policy)
    if published is not None:
        return published.policy
    return DEFAULT_POLICY if policy == DEFAULT_POLICY.id else None


async def under_other_rules(
    store: EventStore, works: Sequence[Work], policy: str, rules: Policy
) -> Sequence[Work]:
    """Those that run under the policy, by other rules than these."""
    found: list[Work] = []
    for start in range(0, len(works), _READ):
        some = works[start : start + _READ]
        states = await instructions_as_of(store, [work.row.instruction for work in some])
        for work in some:
            state = states[work.row.instruction]
            if isinstance(state, Unissued) or state.record.policy.id != policy:
                continue
            if state.record.policy != rules.of_priority(state.record.priority):
                found.append(work)
    return found
