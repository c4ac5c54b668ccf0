"""Plans and runs to draw: blueprints through the compiler, graphs given as needs, and lives told fact by fact."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import Bench, plan_of

from mntui.core.events import ModelAnswered
from mntui.core.money import Cost, Usage
from mntui.core.plan import ForEachWork, Plan, SetWork, StepPlan
from mntui.library.load import load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

HERE = Path(__file__).parent
RECONCILE = HERE.parents[2] / "blueprints/invoice-reconcile"
READ = "tools: {read: {use: python.read, effect: none}}\n"
RETRY = "recovery: {retry: {maximum_attempts: 3}}\n"


def invoice_reconcile() -> Plan:
    plan = load(RECONCILE, BUILTIN, describe_source).plan
    assert plan is not None
    return plan


def issue_fixer() -> Plan:
    return plan_of((HERE / "fixtures/issue-fixer.yaml").read_text())


def plan_of_needs(needs: Mapping[str, Sequence[str]]) -> Plan:
    """A plan of steps that do nothing."""
    ways = {name: tuple(other for other, wanted in needs.items() if name in wanted) for name in needs}
    return plan_of_steps([_step(name, tuple(wanted), ways[name]) for name, wanted in needs.items()])


def plan_of_steps(steps: Sequence[StepPlan], inner: Sequence[StepPlan] = ()) -> Plan:
    everything = {step.path: step for step in (*steps, *inner)}
    roots = tuple(step.path for step in steps)
    return Plan("drawn", "1", "", {}, {}, {}, {}, {}, everything, roots, {}, {})


def _step(name: str, needs: tuple[str, ...], dependents: tuple[str, ...], scope: str = "") -> StepPlan:
    prefix = f"{scope}/" if scope else ""
    path, needs, dependents = f"{prefix}{name}", *(tuple(prefix + n for n in names) for names in (needs, dependents))
    return StepPlan(path, name, scope, SetWork({}), needs=needs, counted=needs, dependents=dependents)


def fan_out(before: str, container: str, inner: Sequence[str], after: str) -> Plan:
    """A chain of steps inside a container between two steps."""
    steps = [
        _step(inner_name, tuple(inner[n - 1 : n]) if n else (), tuple(inner[n + 1 : n + 2]), container)
        for n, inner_name in enumerate(inner)
    ]
    work = ForEachWork("{{ [1, 2, 3] }}", "item", tuple(step.path for step in steps))
    each = StepPlan(container, container, "", work, needs=(before,), counted=(before,), dependents=(after,))
    return plan_of_steps([_step(before, (), (container,)), each, _step(after, (container,), ())], steps)


def answers(bench: Bench, path: str, *, micros: int, estimated: bool = False) -> None:
    """The model that a step asked has answered, at this cost."""
    call = bench.take(f"{path}#1.0")
    cost = Cost(micros, estimated=estimated)
    bench.tell(ModelAnswered(path, "1.0", call.attempt, "ok", Usage(900, output_tokens=120), cost, ()))


def half_way() -> Bench:
    """The issue fixer while its unit tests run: the web search has failed, the reviews wait."""
    bench = Bench("", plan=issue_fixer())
    bench.later(1)
    for name, seconds in (("fetch_repo", 0.9), ("fetch_issue", 0.1), ("fetch_docs", 0.2)):
        bench.later(seconds)
        bench.returns(name)
    bench.later(3.4)
    answers(bench, "plan", micros=16_900)
    bench.later(1.1)
    bench.returns("search_code")
    bench.later(2.4)
    bench.returns("read_tests")
    bench.later(2.8)
    bench.fails("search_web", kind="rate_limited")
    bench.later(5.4)
    answers(bench, "draft_patch", micros=34_300)
    bench.later(0.4)
    bench.returns("lint")
    bench.later(2.2)
    bench.returns("type_check")
    bench.later(2.6)
    return bench


def reminding() -> Bench:
    """Three exceptions and two reminders: one explanation has failed, one is out; one reminder waits for a person."""
    bench = Bench("", plan=plan_of((HERE / "fixtures/reminders.yaml").read_text()))
    bench.later(2.5)
    bench.returns("books", {"files": ["a"], "exceptions": ["x", "y", "z"], "debts": ["x", "y"]})
    bench.later(0.2)
    bench.returns("ledger[0]/save")
    bench.later(1.3)
    answers(bench, "explained[0]/explain", micros=1_200)
    bench.later(2.0)
    bench.model_fails("explained[1]/explain#1.0", kind="auth", retryable=False)
    answers(bench, "reminders[0]/draft", micros=2_100, estimated=True)
    bench.later(3.0)
    return bench


def routed() -> Bench:
    """A route between three ways, taken; whatever way it was, somebody is told."""
    steps = """steps:
  sort: {route: "'rush'", routes: {junk: spam, rush: urgent, other: [answer, note]}}
  spam: {tool: read}
  urgent: {tool: read}
  answer: {tool: read}
  note: {tool: read}
  tell: {tool: read, needs: [spam, urgent, answer, note], join: none_failed}
"""
    return Bench(READ + steps)
