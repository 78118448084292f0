"""The rule as a form, and the fields and grammar of rules from the catalogue."""

import re
import time

from quart import Blueprint, abort, redirect, request
from quart.typing import ResponseReturnValue

from app.identity import Scope
from app.rules import form_rows
from app.rules.catalogue import FIELDS, TIMEFRAMES, WORD_FIELDS, Field
from app.rules.errors import RuleError
from app.rules.form_rows import FormRow
from app.scans import scan_request
from app.scans.address import SCAN, USUAL_TIMEFRAME
from app.scans.field_table import fields_document
from app.scans.forms import CONDITION_PARAMETERS, EMPTY_ROW, MOST_ROWS, RuleForm
from app.scans.screens.screen import SCREENS
from app.web import guards, html, parameters, tables
from app.web.formats import TableDocument
from app.web.slugs import SlugConverter

blueprint = Blueprint("rules", __name__)

FIELDS_PATH = "/scan/fields"


@blueprint.get("/scan/form")
@guards.signed_in
@parameters.allow("q", "add", "remove", "scan", "screen", *scan_request.PARAMETERS, *CONDITION_PARAMETERS)
async def form() -> ResponseReturnValue:
    sent = request.args
    is_sent = any(name.startswith("conditions-") for name in sent)
    timeframe = sent.get("tf") or USUAL_TIMEFRAME
    form = RuleForm(
        sent if is_sent else None,
        _rows_of(sent.get("q", ""), timeframe),
        sent.get("in", ""),
        timeframe,
        sent.get("at", ""),
    )
    if form.timeframe.data not in TIMEFRAMES:
        abort(400, f"tf: choose one of {', '.join(TIMEFRAMES)}.")
    rows, slug = form.rows, sent.get("screen", "")
    if slug and not re.fullmatch(SlugConverter.regex, slug):
        abort(400, "screen: there is no such screen.")
    target = f"{SCREENS}/{slug}" if slug else SCAN
    if "scan" in sent:
        return redirect(_url(form, target), 303)
    changed = _changed(rows)
    if changed != rows:
        form = RuleForm(None, changed, form.scope.data, form.timeframe.data, form.at.data)
    return await html.page(
        "scans/form",
        title="Rule as a form",
        form=form,
        text=form_rows.rule_text(changed),
        problem="",
        hidden=_hidden(form),
        target=target,
        screen=slug,
    )


def _url(form: RuleForm, target: str) -> str:
    text = form_rows.rule_text(form.rows)
    return scan_request.url(text, form.scope.data, form.timeframe.data, target, form.at.data)


def _changed(before: list[FormRow]) -> list[FormRow]:
    """After the button that was pressed."""
    rows = [*before]
    number = request.args.get("remove", "")
    if number:
        if number not in map(str, range(1, len(rows) + 1)):
            abort(400, "remove: there is no such condition.")
        del rows[int(number) - 1]
    if "add" in request.args and len(rows) < MOST_ROWS:
        rows = [*rows, EMPTY_ROW]
    return rows or [EMPTY_ROW]


def _rows_of(text: str, timeframe: str) -> list[FormRow]:
    """Of a line that is no rule, one row as text."""
    if not text.strip():
        return [EMPTY_ROW]
    try:
        rule = scan_request.rule(text, timeframe)
    except RuleError:
        return [FormRow("", "text", text)]
    return form_rows.rows(rule)


def _hidden(form: RuleForm) -> list[tuple[str, str]]:
    timeframe = "" if form.timeframe.data == USUAL_TIMEFRAME else form.timeframe.data
    return [pair for pair in (("in", form.scope.data), ("tf", timeframe), ("at", form.at.data)) if pair[1]]


@tables.suffixes(blueprint, FIELDS_PATH)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow()
async def fields_table() -> TableDocument:
    return fields_document(FIELDS.values(), WORD_FIELDS.values(), guards.view().zone, time.time())


@tables.page(blueprint, FIELDS_PATH, fields_table)
@guards.signed_in
async def fields() -> ResponseReturnValue:
    groups: dict[str, list[Field]] = {}
    for field in FIELDS.values():
        groups.setdefault(field.group, []).append(field)
    return await html.page(
        "scans/fields", title="Fields of rules", groups=groups, word_fields=WORD_FIELDS.values(), timeframes=TIMEFRAMES
    )
