"""The notice about the end of one's own session."""

from markupsafe import Markup

from app.identity import View
from app.web.html import fragment
from app.web.session_end import SessionEnd


def session(end: SessionEnd, live: bool, view: View) -> Markup:
    """`live`: a stream of this page keeps the session alive, if scripting is on."""
    return fragment("accounts/session", end=end, live=live, view=view)
