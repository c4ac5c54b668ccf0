"""Blueprints: list, check, graph, schema, trust. Nothing of a blueprint is executed here."""

import os
import re
from pathlib import Path

from mntui.cli.codes import DONE, REFUSED
from mntui.cli.exits import Body, Refusal, refuse
from mntui.cli.output import Session, cut, table
from mntui.cli.terminal import Terminal
from mntui.core.compiling.blueprint import blueprint_schema
from mntui.core.messages import Denied
from mntui.core.plan import Plan
from mntui.core.values import Json
from mntui.library.find import Found, NotFound, find, list_blueprints
from mntui.library.graph import graph_text, ranks
from mntui.library.load import Loaded, load
from mntui.library.report import count_text, report_json, report_text
from mntui.library.trust import TrustBookBroken, capabilities, is_trusted, read_trust, trust, trust_key
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source


def load_blueprint(session: Session, wanted: str) -> Loaded:
    """A blueprint by path or name, with whatever is wrong with it. Raises Refusal where there is none."""
    try:
        found = find(wanted, session.settings.home, session.around.cwd)
    except NotFound as error:
        raise refuse("unknown_blueprint", error.message, error.remedy) from error
    return load(found.path, BUILTIN, describe_source)


def valid_plan(loaded: Loaded, wanted: str) -> Plan:
    """The plan of a blueprint without problems. Raises Refusal that names each problem at its line."""
    if loaded.plan is not None:
        return loaded.plan
    problems = [notice for notice in loaded.findings if notice.severity == "problem"]
    told = tuple(Denied("blueprint", n.message, n.remedy, n.file, n.line, n.column) for n in problems)
    if len(told) == 1:
        raise Refusal(told[0])
    raise Refusal(Denied("blueprint", f"{wanted} has {len(told)} problems", more=told))


def trusts(session: Session, loaded: Loaded) -> bool:
    """Whether a blueprint may run without asking. Raises Refusal for a broken book of trust."""
    home = session.settings.home
    try:
        return is_trusted(loaded, home, read_trust(home))
    except TrustBookBroken as error:
        remedy = "Move the file away, then trust your blueprints again."
        raise refuse("trust_broken", str(error), remedy) from error


async def asked_to_trust(session: Session, loaded: Loaded, plan: Plan) -> bool:
    """Show what a blueprint may do, and remember it if the person types `y`."""
    session.note(_trust_text(session, loaded, plan))
    with Terminal(session.around.stdin, session.around.stderr) as terminal:
        await terminal.settle()
        answer = await terminal.line("Trust it? Type y and Enter, anything else leaves it: ")
    if answer.strip() == "y":
        trust(loaded, session.settings.home)
        return True
    return False


def _trust_text(session: Session, loaded: Loaded, plan: Plan) -> str:
    lines = capabilities(plan, loaded.source) or ("nothing but asking models and people",)
    shown = "\n".join(f"  {line}" for line in lines)
    return f"{plan.name} in {_short(session, loaded.folder)} comes from elsewhere. It may:\n{shown}"


def listed() -> Body:
    async def body(session: Session) -> int:
        found = list_blueprints(session.settings.home, session.around.cwd)
        loaded = [(each, load(each.path, BUILTIN, describe_source)) for each in found]
        document = [_listed_document(session, each, blueprint) for each, blueprint in loaded]
        rows = [_listed_cells(session, each, blueprint) for each, blueprint in loaded]
        empty = "No blueprints here. They are found in ./blueprints and in the home's blueprints folder."
        text = table(("name", "version", "from", "state", "about"), rows, session.table_width) if rows else empty
        session.answer(document, text)
        return DONE

    return body


def _listed_document(session: Session, found: Found, loaded: Loaded) -> Json:
    plan = loaded.plan
    return {
        "id": found.name,
        "version": plan.version if plan is not None else "",
        "about": plan.about if plan is not None else "",
        "path": str(found.path),
        "origin": found.origin,
        "valid": plan is not None,
        "trusted": trusts(session, loaded),
    }


def _listed_cells(session: Session, found: Found, loaded: Loaded) -> tuple[str, ...]:
    if loaded.plan is None:
        state = count_text(loaded.findings)
        return found.name, "", found.origin, state, f"mntui blueprint check {found.name}"
    state = "ready" if trusts(session, loaded) else "not trusted"
    return found.name, loaded.plan.version, found.origin, state, cut(loaded.plan.about, 200)


def check(wanted: str) -> Body:
    async def body(session: Session) -> int:
        loaded = load_blueprint(session, wanted)
        valid = loaded.plan is not None
        document = {"blueprint": wanted, "valid": valid, "findings": [report_json(n) for n in loaded.findings]}
        counted = f"{_short(session, loaded.folder)}: {count_text(loaded.findings)}"
        session.answer(document, "\n".join(part for part in (report_text(loaded.findings), counted) if part))
        return DONE if valid else REFUSED

    return body


def graph(wanted: str) -> Body:
    async def body(session: Session) -> int:
        plan = valid_plan(load_blueprint(session, wanted), wanted)
        session.answer(_graph_document(plan), graph_text(plan))
        return DONE

    return body


def _graph_document(plan: Plan) -> Json:
    by_rank = ranks(plan.steps)
    steps = [
        {
            "id": step.path,
            "kind": step.work.kind,
            "rank": by_rank[step.path],
            "needs": list(step.needs),
            "dependents": list(step.dependents),
            "scope": step.scope,
        }
        for step in plan.steps.values()
    ]
    return {"blueprint": plan.name, "version": plan.version, "steps": steps}


def schema() -> Body:
    async def body(session: Session) -> int:
        session.document(blueprint_schema())
        return DONE

    return body


def trusting(wanted: str, key: str) -> Body:
    """In a terminal the capabilities are shown and asked for; a script proves by the key what it read."""

    async def body(session: Session) -> int:
        loaded = load_blueprint(session, wanted)
        plan = valid_plan(loaded, wanted)
        known, needed = trusts(session, loaded), trust_key(plan, loaded.source)
        if not known and key:
            _check_key(key, needed, wanted)
            trust(loaded, session.settings.home)
            known = True
        elif not known and session.interactive:
            known = await asked_to_trust(session, loaded, plan)
        lines = list(capabilities(plan, loaded.source))
        document = {"blueprint": plan.name, "trusted": known, "key": needed, "capabilities": lines}
        session.answer(document, _trusted_text(session, loaded, plan, known=known, needed=needed))
        return DONE if known else REFUSED

    return body


def _check_key(key: str, needed: str, wanted: str) -> None:
    if key != needed:
        remedy = f"Read it again: mntui blueprint trust {wanted}"
        raise refuse("changed", f"{wanted} isn't what you read: its key is {needed}", remedy)


def _trusted_text(session: Session, loaded: Loaded, plan: Plan, *, known: bool, needed: str) -> str:
    if known:
        return f"{plan.name} is trusted: it may run."
    head = "" if session.interactive else f"{_trust_text(session, loaded, plan)}\n"
    command = f"mntui blueprint trust {_short(session, loaded.folder)} --key {needed}"
    return f"{head}{plan.name} is not trusted, so it runs nothing. Trust it:\n  {command}"


def _short(session: Session, folder: Path) -> str:
    """A path as a person would type it here."""
    relative = os.path.relpath(folder, session.around.cwd)
    return str(folder) if re.match(r"\.\.(/|$)", relative) else relative
