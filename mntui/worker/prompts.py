"""What an agent sees, and nothing else: its instructions, what `with` names, its own turns.

The instructions come first and stay the same all run long, so a provider's prefix cache hits. Everything is read off
the run's state: a prompt is never stored, only its digest.
"""

import json
from collections.abc import Mapping

from mntui.core.language.expressions import render
from mntui.core.names import Load, Names
from mntui.core.plan import ASK_TOOL, AgentWork, StepPlan
from mntui.core.run import Call, Node, Run, Turn
from mntui.core.serving import serving
from mntui.core.step_paths import ROOT
from mntui.core.steps import step_of
from mntui.core.values import Json
from mntui.models.base import Message, ModelRequest, ToolAsk, ToolDeclaration

ASK = ToolDeclaration(
    ASK_TOOL,
    "Ask the person who runs this workflow a question, and wait for the answer.",
    {
        "type": "object",
        "properties": {"question": {"type": "string"}, "answer": {"type": "object"}},
        "required": ["question"],
        "additionalProperties": False,
    },
)


def request_for(run: Run, path: str, call: str, load: Load) -> ModelRequest:
    """The model call that the state of a run asks for. Raises ExpressionFailure where its instructions fail."""
    step = step_of(run, path)
    work = step.work
    assert isinstance(work, AgentWork)
    agent = run.plan.agents[work.agent]
    node = run.node(path)
    routes = tuple(work.routes.targets) if work.routes is not None else ()
    contract = route_contract(routes) if routes else step.output
    arguments = load(node.arguments) or {}
    instructions = render(agent.instructions, Names(run, ROOT, load))
    system = "\n\n".join(filter(None, (str(instructions).rstrip(), contract_note(contract))))
    messages = [Message("system", system), Message("user", user_text(arguments))]
    number = int(call.partition(".")[0])
    now = serving(run, path)
    before = node.switches[-1].turns if node.switches else 0
    for place, turn in enumerate(node.turns[: number - 1]):
        # What another model before this one got wrong teaches nothing: it would only be paid for.
        if place >= before or not turn.violation:
            messages.extend(_turn_messages(node, turn, load))
    return ModelRequest(
        model=now.model,
        messages=tuple(messages),
        role=agent.role,
        step=path,
        turn=number,
        tools=declarations(run, agent.tools),
        contract=contract,
        routes=routes,
        arguments=arguments,
        max_tokens=run.plan.models[now.role].max_tokens,
        cache=step.cache,
    )


def contract_note(contract: Mapping[str, Json] | None) -> str:
    if contract is None:
        return ""
    return f"Answer with JSON only, fitting this JSON Schema:\n{json.dumps(contract, ensure_ascii=False)}"


def route_contract(routes: tuple[str, ...]) -> Mapping[str, Json]:
    """What a router answers: one of its keys, and why."""
    return {
        "type": "object",
        "properties": {"route": {"type": "string", "enum": list(routes)}, "reason": {"type": "string"}},
        "required": ["route", "reason"],
        "additionalProperties": False,
    }


def user_text(arguments: Json) -> str:
    """A labelled section a key."""
    return "\n\n".join(f"## {name}\n{as_text(value)}" for name, value in arguments.items())


def as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def declarations(run: Run, names: tuple[str, ...]) -> tuple[ToolDeclaration, ...]:
    """The tools an agent may call, as its model sees them: parameters that the blueprint fixes are hidden."""
    found = []
    for name in names:
        tool = run.plan.tools.get(name)
        if tool is None:
            found.append(ASK)
            continue
        schema = dict(tool.spec.parameters)
        hidden = set(tool.fixed)
        schema["properties"] = {k: v for k, v in schema.get("properties", {}).items() if k not in hidden}
        schema["required"] = [k for k in schema.get("required", []) if k not in hidden]
        found.append(ToolDeclaration(name, tool.spec.about, schema))
    return tuple(found)


def _turn_messages(node: Node, turn: Turn, load: Load) -> list[Message]:
    asks = tuple(ToolAsk(ask.tool, load(ask.arguments), ask.id or ask.call) for ask in turn.asks)
    said = [Message("assistant", as_text(load(turn.text)), asks)]
    if turn.violation:
        said.append(Message("user", f"That answer can't be used: {turn.violation}. Answer again, with JSON only."))
    results = ((ask.id or ask.call, _result_text(node.calls[ask.call], load)) for ask in turn.asks)
    return said + [Message("tool", text, call_id=call_id) for call_id, text in results]


def _result_text(call: Call, load: Load) -> str:
    if call.status == "succeeded":
        return as_text(load(call.result))
    if call.problem is not None:
        return f"error: {call.problem.message}"
    return f"error: {as_text(load(call.result))}"


def step_timeout(step: StepPlan, default_seconds: float) -> float:
    """Seconds that one attempt may take."""
    return step.timeout_seconds if step.timeout_seconds is not None else default_seconds
