"""How far checkpoints follow the log, for the pages that say so."""

from web.api.audit import TrailTold, get_trail_status
from web.console.visit import Visit
from web.problems import ApiCode, Problem


async def trail_status(visit: Visit) -> tuple[TrailTold | None, Problem | None]:
    """What is told of it; or why nothing can be, which the page says, since that is when it matters. Neither where no key is set."""
    if visit.asking.services.verifier is None:
        return None, None
    try:
        return await get_trail_status(visit.asking), None
    except Problem as problem:
        if problem.code != ApiCode.NOT_AS_SIGNED:
            raise
        return None, problem
