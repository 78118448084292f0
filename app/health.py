"""Whether the process lives, and whether it is of use: words and booleans, nothing that tells a stranger more."""

from quart import Blueprint
from quart.typing import ResponseReturnValue

from app import deps
from app.web.guards import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@public
async def health() -> ResponseReturnValue:
    """The loop turns; no dependency is asked."""
    return {"alive": True}


@blueprint.get("/ready")
@public
async def ready() -> ResponseReturnValue:
    answers = deps.ready()
    return dict(answers), 200 if all(answers.values()) else 503
