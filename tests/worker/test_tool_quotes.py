"""What lies outside of the declared bounds is refused before the intent: nothing is journaled as begun, nothing is called."""

import pytest
from world import Setting, ended

from mntui.worker.runtime import Worker

HEAD = """\
tools:
  page: {use: web.get, allow: {hosts: api.example.com}}
  order: {use: web.request, effect: keyed, allow: {hosts: api.example.com, methods: PUT}}
  git: {use: shell.run, effect: none, allow: {programs: [git status]}}
  mail: {use: mail.send, allow: {hosts: mail.example.com, to: "*@example.com"}}
"""
MAIL = "server: 'SERVER', from: a@example.com, to: TO, subject: s, text: t"


@pytest.fixture
async def setting(tmp_path):
    return Setting(tmp_path)


@pytest.fixture
async def worker(setting: Setting):
    worker = setting.worker()
    await worker.adopt()
    yield worker
    await worker.close()
    assert not setting.fatal


async def outcome(setting: Setting, worker: Worker, step: str):
    started = await setting.started(worker, f"{HEAD}steps: {{a: {{{step}}}}}\n")
    return await ended(worker, started.id)


@pytest.mark.parametrize(
    "step",
    [
        "tool: page, with: {url: 'https://evil.example/'}",
        "tool: page, with: {url: 'http://api.example.com/'}",
        "tool: page, with: {url: 'https://api.example.com@evil.example/'}",
        "tool: page, with: {url: 'file:///etc/passwd'}",
        "tool: order, with: {method: POST, url: 'https://api.example.com/'}",
        "tool: git, with: {command: [git, push]}",
        "tool: git, with: {command: [sh, -c, 'git status']}",
        f"tool: mail, with: {{{MAIL.replace('SERVER', 'smtp://mail.example.com').replace('TO', 'b@example.com')}}}",
        f"tool: mail, with: {{{MAIL.replace('SERVER', 'starttls://evil.example').replace('TO', 'b@example.com')}}}",
        f"tool: mail, with: {{{MAIL.replace('SERVER', 'starttls://mail.example.com').replace('TO', 'b@evil.example')}}}",
    ],
)
async def test_a_call_outside_is_denied_and_never_begun(setting: Setting, worker: Worker, step: str) -> None:
    run = await outcome(setting, worker, step)
    assert run.ended == "failed"
    assert run.problem is not None
    (call,) = run.node("a").calls.values()
    assert call.problem is not None
    assert call.problem.kind == "denied"
    assert (call.effect_key, setting.world.order) == ("", [])


@pytest.mark.parametrize(
    "step",
    [
        "tool: page, with: {url: 'https://api.example.com/x?y=1'}",
        "tool: order, with: {method: PUT, url: 'https://API.example.com:443/'}",
        "tool: git, with: {command: [git, status, --short]}",
        f"tool: mail, with: {{{MAIL.replace('SERVER', 'starttls://mail.example.com').replace('TO', '[b@example.com]')}}}",
    ],
)
async def test_a_call_within_goes_through(setting: Setting, worker: Worker, step: str) -> None:
    run = await outcome(setting, worker, step)
    assert (run.ended, len(setting.world.order)) == ("succeeded", 1)
