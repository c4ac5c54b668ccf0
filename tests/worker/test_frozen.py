"""A frozen rerun: models are asked, tools and people answer from the journal, and nothing outside is touched."""

import json
from pathlib import Path

from world import Setting, denied, ended, until, watched

from mntui.core.messages import AskCompare, Compared, Start, Started
from mntui.core.requests import Approve, Reject, Respond, Signal
from mntui.core.run import Run
from mntui.core.telling import tell
from mntui.worker.runtime import Worker

CASE = """
models: {fast: {}}
tools:
  read: {use: python.read, effect: none}
  send: {use: python.send, effect: keyed, approve: always}
agents:
  writer: {role: executor, model: fast, instructions: "Write.", tools: [read]}
steps:
  before: {tool: read, with: {name: "{{ run.started_at }} {{ run.folder }}"}}
  draft: {agent: writer, with: {about: "{{ before.name }}"}, output: {body: string}}
  ok: {approve: "Send it?", show: {body: "{{ draft.body }}"}}
  note: {tool: read, with: {name: note}}
  mail: {tool: send, with: {to: ada}, needs: [ok]}
outputs: {body: "{{ draft.body }}"}
success: {short: "draft.body | length < 10", sent: "mail.ok"}
"""


def script(folder: Path, name: str, *answers: object) -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"answers": {"draft": list(answers)}}))
    return f"builtin/scripted:{path}"


READ = {"calls": [{"tool": "read", "with": {"name": "one"}}]}
OTHER = {"calls": [{"tool": "read", "with": {"name": "two"}}]}


def said(body: str) -> object:
    return {"body": body}


async def original(setting: Setting, worker: Worker, *answers: object, text: str = CASE) -> Run:
    """A run to its end; a person approves what it asks."""
    model = script(setting.home, "then", *answers)
    started = await worker.start(Start(setting.blueprint(text), str(setting.home), models={"": model}))
    assert isinstance(started, Started), started
    while not (run := await until(worker, started.id, lambda run: run.ended or run.asks)).ended:
        for ask in tuple(run.asks.values()):
            await worker.send(started.run, Approve(ask.id, ask.digest), "person:ada")
        await until(worker, started.id, lambda state, seq=run.seq: state.seq > seq)
    return run


async def again(setting: Setting, worker: Worker, run: Run, *answers: object) -> Run:
    model = script(setting.home, "now", *answers)
    started = await worker.start(Start("", "", models={"": model}, rerun_of=run.name))
    assert isinstance(started, Started), started
    return await ended(worker, started.id)


async def test_models_are_asked_and_no_tool_is_called(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    run = await original(setting, worker, READ, said("a long long letter"))
    assert run.ended == "succeeded", run.problem
    done = dict(setting.world.done)
    rerun = await again(setting, worker, run, READ, said("short"))
    assert dict(setting.world.done) == done
    assert (rerun.ended, rerun.outputs) == ("succeeded", {"body": "short"})
    assert rerun.rerun_of is not None
    assert rerun.rerun_of.name == run.name
    assert rerun.name.startswith("rerun-")
    assert rerun.folder != run.folder
    assert rerun.node("before").output == run.node("before").output
    assert {decision.by for decision in rerun.decided.values()} == {"recorded"}
    reply = await worker.query(AskCompare(run.name, ("gpt-5.4",), (rerun.name,)))
    assert isinstance(reply, Compared)
    (report,) = reply.matrix.reruns
    assert [(check.name, check.before, check.after) for check in report.checks] == [
        ("short", False, True),
        ("sent", True, True),
    ]
    (difference,) = report.differences
    assert difference.path == "draft"
    assert '+ "body": "short"' in difference.diff
    assert [column.kind for column in reply.matrix.columns] == ["recorded", "rerun", "what_if"]
    await worker.close()


async def test_a_call_that_the_journal_does_not_hold_ends_its_branch_and_says_so(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    run = await original(setting, worker, READ, said("a letter"))
    done = dict(setting.world.done)
    rerun = await again(setting, worker, run, OTHER)
    assert dict(setting.world.done) == done
    problem = rerun.node("draft").problem
    assert problem is not None
    assert problem.message == f'the journal of {run.name} holds no such call: read {{"name":"two"}}'
    assert rerun.node("note").status == "succeeded"
    assert rerun.ended == "cancelled"
    reply = await worker.query(AskCompare(run.name, ("gpt-5.4",), (rerun.name,)))
    assert isinstance(reply, Compared)
    (report,) = reply.matrix.reruns
    assert "holds no such call" in next(each.ended for each in report.differences if each.path == "draft")
    assert [check.after for check in report.checks] == [None, None]
    await worker.close()


DEPENDS = """
models: {fast: {}}
tools: {send: {use: python.send, effect: unsafe}}
agents: {writer: {role: executor, model: fast, instructions: "Write."}}
steps:
  draft: {agent: writer, with: {about: "a stone"}, output: {body: string}}
  mail: {tool: send, with: {text: "{{ draft.body }}"}}
  hours: {wait: {for: 2h}}
  word: {wait: {signal: go}}
"""


async def test_an_effect_with_other_arguments_is_not_made_and_nothing_is_waited_for(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    model = script(tmp_path, "then", said("a letter"))
    started = await worker.start(Start(setting.blueprint(DEPENDS), str(tmp_path), models={"": model}))
    assert isinstance(started, Started), started
    await until(worker, started.id, lambda run: run.timers)
    await worker.send(started.run, Signal("go", {"n": 1}), "person:ada")
    setting.clock.pass_time(7201)
    run = await ended(worker, started.id)
    assert (run.ended, setting.world.count("send")) == ("succeeded", 1)
    rerun = await again(setting, worker, run, said("another"))
    assert setting.world.count("send") == 1
    problem = rerun.node("mail").problem
    assert problem is not None
    assert problem.kind == "not_recorded"
    assert [rerun.node(path).status for path in ("draft", "hours", "word")] == ["succeeded"] * 3
    await worker.close()


async def test_what_was_rejected_then_is_rejected_now(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    model = script(tmp_path, "then", said("a letter"))
    started = await worker.start(Start(setting.blueprint(CASE), str(tmp_path), models={"": model}))
    assert isinstance(started, Started), started
    waiting = await until(worker, started.id, lambda run: run.asks)
    (ask,) = waiting.asks.values()
    await worker.send(started.run, Reject(ask.id, "too dear"), "person:ada")
    run = await ended(worker, started.id)
    rerun = await again(setting, worker, run, said("another letter"))
    assert rerun.node("ok").status == run.node("ok").status == "skipped"
    facts = await watched(worker, rerun.id)
    assert tell(facts[0].event).sentence.endswith(f"a frozen rerun of {run.name}: no tool is called")
    assert "too dear" in [getattr(fact.event, "reason", "") for fact in facts]
    await worker.close()


async def test_a_worker_that_dies_leaves_a_rerun_that_goes_on_without_a_tool(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    run = await original(setting, worker, READ, said("a letter"))
    done = dict(setting.world.done)
    model = script(tmp_path, "now", READ, said("short"))
    started = await worker.start(Start("", "", models={"": model}, rerun_of=run.name))
    assert isinstance(started, Started), started
    await worker.close()
    second = setting.worker()
    await second.adopt()
    rerun = await ended(second, started.id)
    assert (rerun.ended, rerun.outputs) == ("succeeded", {"body": "short"})
    assert dict(setting.world.done) == done
    await second.close()


async def test_only_a_run_that_has_ended_and_is_no_rerun_is_rerun(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    started = await setting.started(worker, 'steps: {ok: {approve: "Go?"}}')
    assert denied(await worker.start(Start("", "", rerun_of=started.run))).code == "not_ended"
    assert denied(await worker.start(Start("", "", rerun_of="nobody"))).code == "unknown_run"
    run = await original(setting, worker, said("a letter"))
    rerun = await again(setting, worker, run, said("another"))
    assert denied(await worker.start(Start("", "", rerun_of=rerun.name))).code == "is_rerun"
    await worker.close()


ASKS = """
models: {fast: {}}
agents: {writer: {role: executor, model: fast, instructions: "Write.", tools: [ask]}}
steps:
  draft: {agent: writer, with: {about: "a stone"}, output: {body: string}}
  who: {ask: "To whom?", output: {name: string}}
outputs: {body: "{{ draft.body }}", name: "{{ who.name }}"}
"""


async def test_questions_are_answered_as_then_and_one_that_nobody_was_asked_ends_its_branch(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    worker = setting.worker()
    await worker.adopt()
    weight = {"calls": [{"tool": "ask", "with": {"question": "How heavy?"}}]}
    model = script(tmp_path, "then", weight, said("12 kg"))
    started = await worker.start(Start(setting.blueprint(ASKS), str(tmp_path), models={"": model}))
    assert isinstance(started, Started), started
    waiting = await until(worker, started.id, lambda run: len(run.asks) == 2)
    for ask in waiting.asks.values():
        await worker.send(started.run, Respond(ask.id, {"name": "ada"}), "person:ada")
    run = await ended(worker, started.id)
    assert run.ended == "succeeded", run.problem
    same = await again(setting, worker, run, weight, said("12"))
    assert (same.ended, same.outputs) == ("succeeded", {"body": "12", "name": "ada"})
    colour = {"calls": [{"tool": "ask", "with": {"question": "Which colour?"}}]}
    other = await again(setting, worker, run, colour)
    problem = other.node("draft").problem
    assert problem is not None
    assert "holds no such question" in problem.message
    assert (other.node("who").status, other.ended) == ("succeeded", "cancelled")
    await worker.close()
