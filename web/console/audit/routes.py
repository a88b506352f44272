"""The pages of an audit."""

from fastapi import APIRouter

from web.console.audit import (
    accesses,
    bundles,
    checkpoints,
    difference,
    examinations,
    proof,
    replay,
    trail,
)

router = APIRouter()
for module in (
    trail, examinations, checkpoints, bundles, accesses, replay, difference, proof
):  # fmt: skip
    router.include_router(module.router)
