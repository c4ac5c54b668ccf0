"""The live drawing of a run: one line a step, never more lines than there are."""

import io

import pytest
from bench import Bench

from mntui.cli.output import Session, printable
from mntui.cli.rails import rails

READ = "tools: {read: {use: python.read, effect: none}}\n"


def drawn(shell, run, live=None, held_back=None, height=24):
    session = Session(shell.around(io.StringIO(), io.StringIO(), io.StringIO()))
    return printable(rails(session, run, live or {}, held_back or {}, height), coloured=False).splitlines()


def test_each_step_is_a_line_with_glyph_word_and_what_it_does(shell):
    lines = drawn(
        shell, Bench(READ + "steps: {a: {set: {v: 1}}, r: {tool: read, needs: [a]}, z: {tool: read, needs: [r]}}").run
    )
    assert lines[0].startswith("bench-1  ◐ running")
    assert lines[1].startswith("  ✓ succeeded  a")
    assert "◐ running" in lines[2]
    assert lines[2].endswith("calls the tool read")
    assert lines[3].startswith("  ○ pending")
    assert "mntui watch bench-1" in lines[-1]


def test_items_are_folded_as_counts(shell):
    bench = Bench(READ + "steps: {each: {for_each: '{{ [1, 2, 3] }}', steps: {r: {tool: read}}}}")
    bench.returns("each[0]/r")
    lines = drawn(shell, bench.run)
    assert len(lines) == 3
    assert lines[1].endswith("1 of 3 items ended")


@pytest.mark.parametrize("height", [10, 24])
def test_a_long_run_fits_and_shows_what_is_at_work(shell, height):
    steps = "".join(f"  s{n}: {{set: {{v: {n}}}}}\n" for n in range(100)) + "  busy: {tool: read}\n"
    lines = drawn(shell, Bench(f"{READ}steps:\n{steps}").run, height=height)
    assert len(lines) <= height
    assert any("busy" in line for line in lines)
    assert any("more steps" in line for line in lines)


def test_live_text_is_one_line_and_held_back_work_says_its_limit(shell):
    run = Bench(READ + "steps: {r: {tool: read}}").run
    assert any("r: …so it goes" in line for line in drawn(shell, run, live={"r": "so\nit goes"}))
    assert any("r · waiting: concurrency" in line for line in drawn(shell, run, held_back={"r": "concurrency"}))
