"""Which policy an instruction is watched by."""

from domain.directory.policies import unknown_name
from domain.directory.state import Directory
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import ChangePolicy
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.policies import DEFAULT_POLICY, Policy, PolicyId, Priority, policy_hash
from domain.rejections import invalid, unknown


def policy_for(wanted: Policy | PolicyId, priority: Priority, facts: Facts) -> Policy | Rejected:
    """The rules for an instruction of this priority: those given, or those published under the id."""
    policy = wanted if isinstance(wanted, Policy) else _published(wanted, facts.directory)
    if policy is None:
        return unknown("policy", str(wanted), "publish it first, or name another")
    refusal = unknown_name(policy, facts.directory)
    if refusal is not None:
        return refusal
    return policy.of_priority(priority)


def change_policy(
    command: ChangePolicy, record: Record, ctx: Context
) -> e.PolicyChanged | Rejected:
    priority = command.priority or record.priority
    policy = policy_for(command.policy, priority, ctx.facts)
    if isinstance(policy, Rejected):
        return policy
    if policy == record.policy and priority == record.priority:
        return invalid("policy", "these rules hold for it already; give others")
    return e.PolicyChanged(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        policy=policy,
        policy_hash=policy_hash(policy),
        priority=priority,
        reason=command.reason,
        scheduled_from=ctx.at,
    )


def _published(wanted: PolicyId, directory: Directory) -> Policy | None:
    published = directory.policies.get(wanted)
    if published is not None:
        return published.policy
    return DEFAULT_POLICY if wanted == DEFAULT_POLICY.id else None
