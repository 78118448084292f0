"""Health checks (/health, /ready) and Prometheus metrics (/metrics)."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.health.metrics import ProcessMetrics, jobs_waiting
from app.identity import Role
from app.live.histogram import Histogram
from app.web import guards, reauth
from app.web.guards import public

blueprint = Blueprint("health", __name__)

LAG_INTERVAL_SECONDS = 0.25


@blueprint.get("/health")
@public
async def health() -> ResponseReturnValue:
    """Liveness: the event loop answers. No dependency is asked."""
    return {"alive": True}


@blueprint.get("/ready")
@public
async def ready() -> ResponseReturnValue:
    """Readiness by dependency; 503 while one is missing."""
    answers = deps.ready()
    return dict(answers), 200 if all(answers.values()) else 503


@blueprint.get("/metrics")
@public
async def metrics() -> ResponseReturnValue:
    """For requests with METRICS_TOKEN and for signed-in administrators."""
    await _require_access()
    context = deps.context()
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(ProcessMetrics(context, current_app.extensions["loop_lag"], await jobs_waiting(context)))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


@blueprint.while_app_serving
async def _measure_loop_lag() -> AsyncGenerator[None, None]:
    lag = current_app.extensions["loop_lag"] = Histogram()
    measuring = asyncio.create_task(_measure(lag))
    yield
    measuring.cancel()
    with suppress(asyncio.CancelledError):
        await measuring


async def _measure(lag: Histogram) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL_SECONDS
        await asyncio.sleep(LAG_INTERVAL_SECONDS)
        lag.observe(max(0.0, loop.time() - due))


async def _require_access() -> None:
    token = deps.settings().metrics_token.get_secret_value()
    kind, _, credential = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and secrets.compare_digest(credential.strip().encode(), token.encode()):
        return
    visitor = await guards.visitor()
    if visitor is None:
        abort(401)
    if visitor.role is not Role.ADMIN or await reauth.must_enrol(visitor):
        abort(403)
