import pytest

from mntui.tools.base import Pattern
from mntui.tools.bounds import outside


def told(use, allow, **arguments):
    return outside(use, arguments, {name: tuple(Pattern("", rule) for rule in rules) for name, rules in allow.items()})


@pytest.mark.parametrize(
    ("command", "programs", "within"),
    [
        (["git", "status", "--short"], ["git status"], True),
        (["git", "status"], ["rg", "git"], True),
        (["git", "push"], ["git status"], False),
        (["git"], ["git status"], False),
        (["git status"], ["git status"], False),
        (["/usr/bin/git", "status"], ["git"], False),
        (["sh", "-c", "git"], ["git"], False),
        (["git"], [""], False),
        (["git"], ["*"], False),
        (["a\\b"], ["a\\\\b"], True),
    ],
)
def test_a_command_begins_with_the_words_of_a_rule(command, programs, within):
    assert (told("shell.run", {"programs": programs}, command=command) == "") is within


def test_methods_hosts_and_mail_servers_are_held_against_their_rules():
    allow = {"hosts": ["a.example"], "methods": ["PUT"]}
    assert told("web.request", allow, method="PUT", url="https://a.example/x") == ""
    assert "methods" in told("web.request", allow, method="POST", url="https://a.example/x")
    assert "hosts" in told("web.request", allow, method="PUT", url="https://b.example/x")
    assert told("web.get", {"hosts": ["a.example"]}, url="https://a.example/x") == ""
    assert "must begin with" in told("web.get", allow, url="file:///etc/passwd")
    assert told("mail.send", {"hosts": ["a.example"]}, server="starttls://a.example") == ""
    assert "without encryption" in told("mail.send", {"hosts": ["a.example"]}, server="smtp://a.example")
    assert told("files.read", {}, path="/etc/passwd") == ""
