"""The projections there are. Each has a checkpoint of its own and, among all workers, one leader."""

from readmodels.agenda import AgendaProjection
from readmodels.attention import AttentionProjection
from readmodels.ledger import LedgerProjection
from readmodels.parties import PartiesProjection
from readmodels.periods import PeriodsProjection
from readmodels.programmes import ProgrammesProjection
from readmodels.projection import Projection
from readmodels.register_projection import RegisterProjection

PROJECTIONS: tuple[Projection, ...] = (
    RegisterProjection(),
    PeriodsProjection(),
    LedgerProjection(),
    AttentionProjection(),
    AgendaProjection(),
    PartiesProjection(),
    ProgrammesProjection(),
)


def projection_named(name: str) -> Projection:
    """Raises `KeyError` if there is none."""
    return {projection.name: projection for projection in PROJECTIONS}[name]
