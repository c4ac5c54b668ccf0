"""What a tool may reach: needed keys, entries that can be meant, and the effect class that follows."""

import pytest

from mntui.core.compiling.compile import compile_blueprint
from mntui.tools.base import BUILTIN


def compiled(tool):
    document = {
        "blueprint": "b",
        "inputs": {"host": {"type": "string"}, "db": {"type": "path"}},
        "tools": {"t": tool},
        "steps": {"a": {"set": {"x": 1}}},
    }
    return compile_blueprint(document, {}, BUILTIN)


def told(tool):
    return [(finding.severity, finding.code, finding.where[2:]) for finding in compiled(tool)[1]]


@pytest.mark.parametrize(
    ("use", "missing"),
    [("web.get", 1), ("web.request", 2), ("shell.run", 1), ("mail.send", 1)],
)
def test_a_tool_that_could_reach_nothing_is_a_problem_with_what_to_add(use, missing):
    findings = [finding for finding in compiled({"use": use, "effect": "unsafe"})[1] if finding.code == "allow"]
    assert len(findings) == missing
    for finding in findings:
        assert "can reach nothing without" in finding.message
        assert finding.remedy.startswith("Add `allow: {")


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        "*.example.com",
        "*",
        "api.example.com:8443",
        "http://api.example.com",
        "https://[2606:2800:220:1::1]:443",
        "{{ inputs.host }}",
        "93.184.216.34",
        "http://{{ inputs.host }}:8080",
    ],
)
def test_hosts_that_can_be_meant_pass(host):
    assert told({"use": "web.get", "allow": {"hosts": [host]}}) == []


@pytest.mark.parametrize(
    "host",
    ["https://api.example.com/path", "api.*.com", "ftp://a.example", "a b", "api.example.com:", "", "user@a.example"],
)
def test_hosts_that_cannot_be_meant_are_problems_at_their_entry(host):
    given = {"use": "web.get", "allow": {"hosts": ["good.example", host]}}
    assert told(given) == [("problem", "allow", ("allow", "hosts", 1))]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "http://localhost:8080", "http://169.254.169.254", "http://[::1]:1", "10.0.0.1"]
)
def test_a_private_host_written_out_wants_its_network_declared(host):
    (finding,) = compiled({"use": "web.get", "allow": {"hosts": [host]}})[1]
    assert "Add `private: [" in finding.remedy
    address = finding.remedy.partition("[")[2].partition("]")[0]
    assert told({"use": "web.get", "allow": {"hosts": [host], "private": [address]}}) == []


@pytest.mark.parametrize(
    ("use", "allow"),
    [
        ("web.get", {"hosts": "a.example", "private": "localhost"}),
        ("web.request", {"hosts": "a.example", "methods": "post"}),
        ("shell.run", {"programs": "{{ inputs.host }}"}),
        ("shell.run", {"programs": "./script.sh"}),
        ("shell.run", {"programs": " "}),
    ],
)
def test_entries_of_the_other_kinds_are_checked_too(use, allow):
    key = [*allow][-1]
    assert told({"use": use, "effect": "unsafe", "allow": allow}) == [("problem", "allow", ("allow", key))]


@pytest.mark.parametrize(
    ("tool", "effect"),
    [
        ({"use": "web.request", "allow": {"hosts": "a.example", "methods": ["GET", "HEAD"]}}, "none"),
        (
            {"use": "web.request", "effect": "keyed", "allow": {"hosts": "a.example", "methods": ["GET", "POST"]}},
            "keyed",
        ),
        ({"use": "sql.query"}, "none"),
        ({"use": "sql.query", "allow": {"writes": "{{ inputs.db }}"}}, "keyed"),
        ({"use": "sql.query", "effect": "unsafe", "allow": {"writes": "{{ inputs.db }}"}}, "unsafe"),
        ({"use": "shell.run", "effect": "none", "allow": {"programs": "git status"}}, "none"),
        ({"use": "mail.send", "allow": {"hosts": "a.example"}}, "unsafe"),
        ({"use": "notify"}, "none"),
    ],
)
def test_the_effect_class_follows_from_what_may_be_reached(tool, effect):
    plan, findings = compiled(tool)
    assert findings == ()
    assert plan.tools["t"].effect == effect


@pytest.mark.parametrize(
    "tool",
    [
        {"use": "web.request", "effect": "none", "allow": {"hosts": "a.example", "methods": "POST"}},
        {"use": "sql.query", "effect": "none", "allow": {"writes": "{{ inputs.db }}"}},
        {"use": "mail.send", "effect": "keyed", "allow": {"hosts": "a.example"}},
        {"use": "shell.run", "effect": "reconcilable", "allow": {"programs": "git"}},
    ],
)
def test_a_looser_class_than_that_is_a_problem(tool):
    assert told(tool) == [("problem", "effect", ("effect",))]


@pytest.mark.parametrize(
    "tool",
    [
        {"use": "web.request", "allow": {"hosts": "a.example", "methods": "POST"}},
        {"use": "shell.run", "allow": {"programs": "git"}},
    ],
)
def test_what_brings_no_class_is_a_warning_and_unsafe(tool):
    plan, findings = compiled(tool)
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "effect")]
    assert plan.tools["t"].effect == "unsafe"


def test_an_argument_that_comes_later_says_so():
    tool = {"use": "web.get", "allow": {"hosts": "a.example"}, "with": {"auth": "TOKEN"}}
    assert told(tool) == [("problem", "later", ("with", "auth"))]


def test_variables_for_a_tool_that_gets_none_are_a_warning():
    assert told({"use": "web.get", "allow": {"hosts": "a.example"}, "env": ["TOKEN"]}) == [("warning", "env", ("env",))]
    tool = {"use": "shell.run", "effect": "none", "allow": {"programs": "git"}, "env": ["TOKEN"]}
    assert told(tool) == []
