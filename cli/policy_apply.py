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
from operators.operations import TheSame
from operators.policies import latest_rules, under_other_rules
from readmodels.worklist import Work, Worklist

_ALL = ChosenForBulk()


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
        rules = latest_rules(await session.handler.directory(), policy)
        if rules is None:
            raise not_published(policy)
        works = await Worklist(session.pool).every(await chosen.filter(session), at)
        return await under_other_rules(session.store, works, instead_of or policy, rules)

    await run_bulk(TheSame(c.ChangePolicy, {"policy": policy, "reason": reason}), those, many)
