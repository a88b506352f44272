"""What an instruction is watched by."""

from typing import Annotated

from cyclopts import Parameter

from cli.arguments import Number, Reason
from cli.envelope import to_instruction
from cli.options import Sender
from cli.policy_given import policy_given
from cli.verbs.options import Policy, milestones, sent
from domain.instruction import commands as c
from domain.policies import Priority


async def change_policy(
    number: Number,
    /,
    *,
    policy: Policy,
    priority: Annotated[
        Priority | None, Parameter(help="Which of its variants holds; by default as it is.")
    ] = None,
    reason: Reason,
    sender: Sender,
) -> None:
    """As the issuer, have it watched by other rules from now on."""
    command = c.ChangePolicy(
        **to_instruction(number, sender),
        policy=policy_given(policy, "--policy"),
        priority=priority,
        reason=reason,
    )
    await sent(number, command, sender)


async def set_milestones(
    number: Number,
    /,
    *milestone: Annotated[str, Parameter(help="ID:DATE:TITLE.")],
    sender: Sender,
) -> None:
    """Name all steps on the way; none if none is given. With the same day, one is as reached as before."""
    command = c.SetMilestones(**to_instruction(number, sender), milestones=milestones(milestone))
    await sent(number, command, sender)


VERBS = (set_milestones, change_policy)
