"""Counts browsers' reports about the content security policy, and logs at most one a second."""

import logging
import time

import msgspec
from quart import Blueprint, Response, request

from app.web import guards

logger = logging.getLogger(__name__)

LARGEST = 8192

blueprint = Blueprint("reports", __name__)


class Report(msgspec.Struct, rename="kebab"):
    effective_directive: str = ""
    blocked_uri: str = ""
    document_uri: str = ""


class Envelope(msgspec.Struct):
    csp_report: Report = msgspec.field(name="csp-report")


class ReportThrottle:
    """The number of reports, and the time of the last log entry."""

    def __init__(self) -> None:
        self.count = 0
        self._logged_at = float("-inf")

    def may_log(self, now: float) -> bool:
        self.count += 1
        if now - self._logged_at < 1:
            return False
        self._logged_at = now
        return True


throttle = ReportThrottle()


@blueprint.post("/csp-report")
@guards.public
async def receive() -> Response:
    if (request.content_length or 0) > LARGEST or len(body := await request.get_data(as_text=False)) > LARGEST:
        return Response("", 413)
    try:
        report = msgspec.json.decode(body, type=Envelope).csp_report
    except msgspec.MsgspecError:
        return Response("", 400)
    if throttle.may_log(time.monotonic()):
        logger.warning(
            "csp violation %r blocked %r on %r",
            report.effective_directive[:60],
            report.blocked_uri[:200],
            report.document_uri[:200],
            extra={"reports": throttle.count},
        )
    return Response("", 204)
