"""The page on which something that a person keeps gets another name."""

from collections.abc import Awaitable, Callable

from quart import Response, current_app
from quart.typing import ResponseReturnValue

from app.owned.forms import NameForm
from app.owned.refusals import NameTaken, StaleChange
from app.web import html


async def rename_page(name: str, path: str, form: NameForm | None = None, status: int = 200) -> Response:
    """`name`: as it is now; `path`: of the page of what is renamed."""
    form = form or NameForm(data={"name": name, "before": name})
    return await html.page("owned/name", title=f"Rename {name}", status=status, before=name, back=path, form=form)


async def rename(
    name: str, path: str, form: NameForm, change: Callable[[str, str | None], Awaitable[None]]
) -> ResponseReturnValue:
    """`change` is given the new name and the one that the form began with, and commits or raises a Refusal."""
    if not form.validate():
        return await rename_page(name, path, form, 422)
    try:
        await change(form.name.data, form.before.data or None)
    except NameTaken as refusal:
        form.name.errors = [str(refusal)]
        return await rename_page(name, path, form, 422)
    except StaleChange as stale:
        form.show_stale(stale.current["name"] or "")
        return await rename_page(name, path, form, 412)
    return current_app.redirect(path, 303)
