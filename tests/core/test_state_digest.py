"""One state, one digest: whatever the process, the order of its maps, or fields that a later version added."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench import Bench
from immutables import Map

from mntui.core.commands import EndStep, StartStep
from mntui.core.requests import Approve
from mntui.core.state_digest import canonical_state, state_digest
from mntui.core.values import Ref

TEXT = "steps:\n  a: {set: {n: 1}}\n  b: {set: {n: 2}}\n  ok: {approve: 'go?', show: {x: 1, y: 2}}\n"


def test_two_processes_with_other_hashes_agree() -> None:
    code = f"from bench import Bench; from mntui.core.state_digest import state_digest; print(state_digest(Bench({TEXT!r}).run))"
    here = Path(__file__).parent
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{here}:{here.parent.parent}"}
        told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        digests.add(told.stdout.strip())
    assert digests == {state_digest(Bench(TEXT).run)}


def test_every_fact_changes_it() -> None:
    bench = Bench(TEXT)
    before = state_digest(bench.run)
    bench.ask(Approve("bench-1.1", bench.only_ask().digest))
    assert state_digest(bench.run) != before


def test_maps_have_no_order() -> None:
    many = {f"k{n}": n for n in range(50)}
    other = Map(reversed(many.items()))
    assert json.dumps(canonical_state(Map(many)), sort_keys=True) == json.dumps(canonical_state(other), sort_keys=True)


def test_two_commands_with_the_same_fields_differ() -> None:
    assert canonical_state(StartStep("a")) != canonical_state(EndStep("a"))


class Old(NamedTuple):
    a: int


def test_a_field_that_was_added_with_its_default_changes_nothing() -> None:
    old = Old(1)

    class New(NamedTuple):
        a: int
        b: tuple[str, ...] = ()

    New.__name__ = "Old"
    assert canonical_state(New(1)) == canonical_state(old) == {"$": "Old", "a": 1}
    assert canonical_state(New(1, ("x",))) != canonical_state(old)


def test_a_default_that_is_made_anew_each_time_counts_as_one() -> None:
    @dataclass(frozen=True)
    class Held:
        a: int = 1

    assert canonical_state(Held()) == {"$": "Held"}
    assert canonical_state(Ref("d", 1, "h")) == {"$": "Ref", "digest": "d", "size": 1, "head": "h"}
