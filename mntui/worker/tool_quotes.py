"""The quote of a tool call: its exact arguments, whether policy lets it pass, and what will be sent to the tool host.

What isn't declared is refused here, before anything was done: unknown parameters, values outside `allow`, tools that
this version can't call. Paths are checked once more in the tool host, where they are opened.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mntui.core.commands import CallTool, ToolQuote
from mntui.core.contracts.contracts import ContractProblem, check_json_schema, violation
from mntui.core.frozen import frozen
from mntui.core.language.expressions import ExpressionFailure, render
from mntui.core.names import Names
from mntui.core.plan import ASK_TOOL, Plan, StepPlan, ToolPlan
from mntui.core.policy import call_digest, effect_key, spec_digest, standing_approval
from mntui.core.run import Call, Run
from mntui.core.step_paths import ROOT, child_path, scope_of
from mntui.core.steps import step_of
from mntui.core.values import Json, Problem
from mntui.effects import Tools
from mntui.tools.base import Grants, ToolCall, ToolFailure
from mntui.tools.bounds import outside
from mntui.tools.patterns import lets_pass
from mntui.tools.rules import rendered_rules
from mntui.worker.payloads import Payloads
from mntui.worker.prompts import step_timeout

TOOL_TIMEOUT_SECONDS = 60.0


@frozen
class ToolSettings:
    """Where things are: mntui's home, and the folder of a pinned version's tools.py by version digest."""

    home: Path
    versions: Path
    environment: Mapping[str, str]


class ToolQuoter:
    def __init__(self, tools: Tools, settings: ToolSettings) -> None:
        self._tools = tools
        self._settings = settings
        self._described: dict[tuple[str, str], str] = {}

    def over(self, tools: Tools) -> "ToolQuoter":
        """The same rules, with other tools to prepare calls."""
        return ToolQuoter(tools, self._settings)

    async def quote(self, run: Run, command: CallTool, payloads: Payloads) -> tuple[ToolQuote, ToolCall | None]:
        call = run.node(command.path).calls[command.call]
        if call.tool == ASK_TOOL and ASK_TOOL not in run.plan.tools:
            return _question(payloads.load(call.arguments)), None
        tool = run.plan.tools[call.tool]
        try:
            arguments = self._arguments(run, tool, call, payloads)
            grants = self._grants(run, tool, payloads)
        except (ExpressionFailure, ValueError) as error:
            return _refused(tool, Problem("arguments", str(error))), None
        problem = refusal(tool, arguments, grants)
        if problem is not None and not command.reconcile:
            return _refused(tool, problem), None
        sent = self._call(run, command, tool, arguments, grants, call)
        try:
            intent = await self._prepare(sent, tool, call)
        except ToolFailure as failure:
            return _refused(tool, Problem(failure.kind, failure.message, retryable=failure.retryable)), None
        described = self._spec_digest(run.digest, tool)
        quote = ToolQuote(
            tool=tool.name,
            use=tool.use,
            # Where nothing was added or edited they are kept already.
            arguments=payloads.keep(arguments) if tool.fixed or call.edited is not None else call.arguments,
            shown=arguments,
            digest=call_digest(tool.name, described, arguments),
            spec_digest=described,
            effect=tool.effect,
            needs_approval=_needs_approval(run, command.path, tool),
            contract=tool.spec.parameters,
            intent=intent,
        )
        return quote, sent if intent is sent.intent else replace(sent, intent=intent)

    def _spec_digest(self, version: str, tool: ToolPlan) -> str:
        """The digest of a tool's spec, worked out once a version."""
        known = (version, tool.name)
        if known not in self._described:
            self._described[known] = spec_digest(tool.spec)
        return self._described[known]

    def _arguments(self, run: Run, tool: ToolPlan, call: Call, payloads: Payloads) -> dict[str, Json]:
        if call.edited is not None:
            return dict(call.edited)
        given = payloads.load(call.arguments)
        return {**given, **render(dict(tool.fixed), Names(run, ROOT, payloads.load))} if tool.fixed else given

    def _grants(self, run: Run, tool: ToolPlan, payloads: Payloads) -> Grants:
        if not tool.allow:
            return Grants(run.folder, str(self._settings.home), run.blueprint_folder)
        names = Names(run, ROOT, payloads.load)
        allow = rendered_rules(tool, lambda template: render(template, names), run.blueprint_folder)
        return Grants(run.folder, str(self._settings.home), run.blueprint_folder, allow)

    def _call(
        self, run: Run, command: CallTool, tool: ToolPlan, arguments: dict[str, Json], grants: Grants, call: Call
    ) -> ToolCall:
        code = f"{self._settings.versions}/{run.digest}/tools.py" if tool.use.startswith("python.") else ""
        return ToolCall(
            op="reconcile" if command.reconcile else "call",
            use=tool.use,
            arguments=arguments,
            effect_key=effect_key(run.id, command.path, command.generation, command.call),
            grants=grants,
            timeout_seconds=step_timeout(step_of(run, command.path), TOOL_TIMEOUT_SECONDS),
            intent=call.intent,
            code=code,
            env={
                name: self._settings.environment[name]
                for name in (*tool.env, *tool.secrets)
                if name in self._settings.environment
            },
        )

    async def _prepare(self, sent: ToolCall, tool: ToolPlan, call: Call) -> Json:
        """What the tool finds before the call, journaled with the intent; a repeated call keeps the first finding."""
        if not tool.spec.prepares or call.intent is not None:
            return call.intent
        return await self._tools.call(replace(sent, op="prepare"))


def refusal(tool: ToolPlan, arguments: Mapping[str, Json], grants: Grants) -> Problem | None:
    """Why a call isn't allowed, or None. Paths are judged by the tool host."""
    if tool.use.startswith("mcp."):
        return Problem("later", f"{tool.use}: MCP servers can't be called in this version yet")
    broken = violation(dict(arguments), tool.spec.parameters)
    if broken is not None:
        return Problem("arguments", f"{tool.name} can't be called like that: {broken}", f"mntui tools {tool.use}")
    for name, value in arguments.items():
        if name not in tool.spec.paths and not lets_pass(grants.allow, name, value):
            return Problem(
                "denied", f"{tool.name} may not be called with {name} = {value!r}", f"tools.{tool.name}.allow"
            )
    unbounded = outside(tool.use, arguments, grants.allow)
    if unbounded:
        return Problem("denied", f"{tool.name}: {unbounded}", f"tools.{tool.name}.allow")
    return None


def exclusive_key(run: Run, path: str, call_id: str, payloads: Payloads) -> str:
    """What only one call may touch at a time (the file that an append writes), or "" where nothing is exclusive."""
    call = run.node(path).calls[call_id]
    tool = run.plan.tools.get(call.tool)
    if tool is None or tool.spec.exclusive is None:
        return ""
    arguments = call.edited if call.edited is not None else payloads.load(call.arguments)
    target = arguments.get(tool.spec.exclusive, tool.fixed.get(tool.spec.exclusive, ""))
    return os.path.realpath(Path(run.folder) / str(target))


def _needs_approval(run: Run, path: str, tool: ToolPlan) -> bool:
    if tool.approve != "always":
        return False
    step = step_of(run, path)
    return not _was_approved(run, run.plan, step, scope_of(path))


def _was_approved(run: Run, plan: Plan, step: StepPlan, scope: str) -> bool:
    source = standing_approval(plan, step)
    if not source:
        return False
    node = run.nodes.get(child_path(scope, plan.steps[source].id))
    return node is not None and node.status == "succeeded" and bool((node.decision or {}).get("approved"))


def _question(arguments: Json) -> ToolQuote:
    """An agent's question to the person; the contract that it wants the answer in must be one."""
    problem = None
    try:
        if "answer" in arguments:
            check_json_schema(arguments["answer"])
    except ContractProblem as wrong:
        problem = Problem("arguments", f"`answer` is no JSON Schema: {wrong.message}", wrong.remedy)
    return ToolQuote(ASK_TOOL, ASK_TOOL, arguments, arguments, "", "", "none", problem=problem, asks_person=True)


def _refused(tool: ToolPlan, problem: Problem) -> ToolQuote:
    return ToolQuote(tool.name, tool.use, None, None, "", "", tool.effect, problem=problem)
