"""The pages of one step: what it was given and gave, what happened in it, its calls and attempts."""

from collections.abc import Iterator, Mapping, Sequence

from mntui.core.events import Fact, Stored
from mntui.core.messages import Denied, Sees
from mntui.core.nine import doing_of, items_of
from mntui.core.run import ENDED, Call, Node, Run
from mntui.core.shown import glance, whole
from mntui.core.steps import step_of
from mntui.core.telling import tell
from mntui.core.values import Json, Ref
from mntui.core.words import span, took
from mntui.ui.drawing.text import Line
from mntui.ui.live import Seen
from mntui.ui.pages.write import BLANK, clock, heading, line, named, paragraph, state

MOST_FACTS = 400
Fetched = Mapping[str, Json]
"""Large values that were fetched so far, by digest."""


def step_head(run: Run, node: Node, now: int, width: int) -> Iterator[Line]:
    """What the step is and how it stands."""
    kind = step_of(run, node.path).work.kind
    time = took(node, now)
    yield line(state(node.status), ("  ", ""), (node.path, "title"), (f"  {kind}", "muted"), (f"  {time}", "time"))
    if node.status in {"running", "waiting"}:
        yield from paragraph(doing_of(run, node)[0], width, "muted")
    if node.why:
        yield from paragraph(node.why, width, "muted")
    if node.problem is not None:
        yield from paragraph(f"{node.problem.message} {node.problem.remedy}".rstrip(), width, "bad")
    if node.item_count:
        yield from paragraph(items_of(node), width, "muted")


def io_page(seen: Seen, node: Node, fetched: Fetched, now: int, width: int) -> Iterator[Line]:
    yield from step_head(seen.run, node, now, width)
    yield BLANK
    yield heading("in")
    yield from _value(node.arguments, fetched, width)
    live = seen.live.get(node.path, "")
    yield BLANK
    if live and node.status not in ENDED:
        yield heading("out", "as it comes")
        yield from paragraph(live, width, "running", indent=2)
    else:
        yield heading("out")
        yield from _value(node.output, fetched, width)
    if upstream := step_of(seen.run, node.path).needs:
        yield BLANK
        yield from paragraph(f"needs {', '.join(upstream)}", width, "muted")
    if downstream := step_of(seen.run, node.path).dependents:
        yield from paragraph(f"leads to {', '.join(downstream)}", width, "muted")


def _value(value: Stored, fetched: Fetched, width: int) -> Iterator[Line]:
    held = opened(value, fetched)
    if held is None:
        yield line(("  nothing", "faint"))
    elif isinstance(held, Ref):
        yield from paragraph(f"{glance(held)} …", width, "muted", indent=2)
    elif isinstance(held, Mapping):
        pairs = [(str(name), whole(opened(item, fetched))) for name, item in held.items()]
        yield from (((("  ", ""), *each)) for each in named(pairs, width - 2, "value"))
    else:
        yield from paragraph(whole(held), width, "value", indent=2)


def opened(value: Stored, fetched: Fetched) -> Json:
    return fetched.get(value.digest, value) if isinstance(value, Ref) else value


def large_values(node: Node) -> list[str]:
    """Digests of what has to be fetched to show a step whole."""
    held = [node.arguments, node.output]
    held += [item for value in held if isinstance(value, Mapping) for item in value.values()]
    return [value.digest for value in held if isinstance(value, Ref)]


def log_page(run: Run, facts: Sequence[Fact], path: str, width: int) -> Iterator[Line]:
    """The facts of a step and of what is inside it, the latest last; of the whole run without a path."""
    told = [(fact, tell(fact.event)) for fact in facts]
    own = [(fact, each) for fact, each in told if not path or each.path == path or _inside(each.path, path)]
    if len(own) > MOST_FACTS:
        yield line((f"… {len(own) - MOST_FACTS} earlier facts: mntui events {run.name}", "muted"))
    for fact, each in own[-MOST_FACTS:]:
        place = "" if each.path == path else f"{each.path.removeprefix(path).lstrip('/')}  "
        start = span(fact.at - run.started_at)
        words = f"{start:>6}  {place}{each.sentence}"
        yield from paragraph(words, width, each.status if each.status in {"failed", "waiting"} else "value", hang=8)


def _inside(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}/", f"{outer}["))


def sees_page(sees: Sees | Denied | None, width: int) -> Iterator[Line]:
    match sees:
        case None:
            yield line(("asking …", "muted"))
        case Denied():
            yield from paragraph(f"{sees.message}. {sees.remedy}".strip(), width, "muted")
        case Sees():
            yield heading(sees.model, f"{sees.tokens:,} tokens")
            if sees.tools:
                yield from paragraph(f"tools: {', '.join(sees.tools)}", width, "muted")
            for message in sees.messages:
                yield BLANK
                yield line((message.role, "key"))
                yield from paragraph(message.text, width, "value")
            if sees.contract is not None:
                yield BLANK
                yield line(("its answer must fit", "key"))
                yield from paragraph(whole(sees.contract), width, "muted")


def attempts_page(run: Run, node: Node, now: int, width: int) -> Iterator[Line]:
    """Each call with all its attempts, in order."""
    yield from step_head(run, node, now, width)
    calls = sorted(node.calls.values(), key=lambda call: tuple(map(int, call.id.split("."))))
    if not calls:
        yield BLANK
        yield line(("It makes no calls.", "muted"))
    for call in calls:
        yield BLANK
        yield from _call(call, now, width)


def _call(call: Call, now: int, width: int) -> Iterator[Line]:
    status = {"ready": "pending", "asking": "waiting", "in_doubt": "waiting"}.get(call.status, call.status)
    whom = f"tool {call.tool}" if call.tool else f"model {call.model}".rstrip()
    time = span((call.ended_at or now) - call.started_at) if call.started_at else ""
    yield line(state(status), (f"  {whom}", "title"), (f"  attempt {call.attempt}  {time}".rstrip(), "muted"))
    facts = [("begun", clock(call.started_at) if call.started_at else ""), ("effect", call.effect if call.tool else "")]
    facts += [("key", call.effect_key), ("with", glance(call.arguments, 400) if call.arguments is not None else "")]
    facts += [("gave", glance(call.result, 400) if call.result is not None else "")]
    for each in named([(name, value) for name, value in facts if value], width - 2, "value"):
        yield (("  ", ""), *each)
    if call.problem is not None:
        yield from paragraph(f"{call.problem.message} {call.problem.remedy}".rstrip(), width, "bad", indent=2)
