"""What is answered to those who run Remit: figures and health. Not for the public: nobody is asked who they are."""

from collections.abc import Mapping, Sequence

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitoring.gauges import Gauges
from monitoring.health import Health
from telemetry.metrics import Metrics

LIVE, READY = "/health/live", "/health/ready"


def monitoring_app(metrics: Metrics, gauges: Gauges, health: Health) -> Starlette:
    """`/metrics`, `/health/live` and `/health/ready`."""

    async def told(request: Request) -> Response:
        await gauges.refresh()
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"content-type": media_type})

    return Starlette(routes=[Route("/metrics", told), *health_routes(health)])


def health_routes(health: Health) -> Sequence[BaseRoute]:
    """For an application of one's own. They say which server is missing, and no more: they may be public."""

    async def live(_: Request) -> Response:
        return _answer({"process": True})

    async def ready(_: Request) -> Response:
        return _answer(await health.ready())

    return [Route(LIVE, live), Route(READY, ready)]


def _answer(found: Mapping[str, bool]) -> Response:
    return JSONResponse(
        {name: "ok" if there else "failed" for name, there in found.items()},
        status_code=200 if all(found.values()) else 503,
        headers={"cache-control": "no-store"},
    )
