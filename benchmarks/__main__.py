"""`python -m benchmarks [--size small|full] [--only NAME …]`: measure everything, and write benchmarks/results/.

Each benchmark is a process of its own, so that none inherits another's memory, threads or garbage.
"""

import argparse
import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from benchmarks import drawing, history, limits, processes, queries, steps, table, terminal
from benchmarks.figures import Figure, figure_of
from benchmarks.sizes import SIZES, Size

Benchmark = Callable[[Size, Path], list[Figure]]

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "limits": limits.measure_limits,
        "one-run": steps.one_run,
        "many-runs": steps.many_runs,
        "fan-out": steps.fan_out,
        "growth": steps.growth,
        "approval": processes.approval,
        "recovery": processes.recovery,
        "cold-start": processes.cold_start,
        "help": processes.help_text,
        "memory": processes.memory,
        "waiting": processes.waiting,
        "finished": history.finished,
        "drawing": drawing.pictures,
        "terminal": terminal.terminal,
        "questions": queries.questions,
    }
)
RESULTS = Path(__file__).parent / "results"
TREE = Path(__file__).parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--only", nargs="+", choices=list(BENCHMARKS), default=list(BENCHMARKS), metavar="NAME")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk to be measured")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the table goes")
    parser.add_argument("--one", choices=list(BENCHMARKS), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        found = BENCHMARKS[options.one](SIZES[options.size], options.folder)
        sys.stdout.write(json.dumps([figure.plain() for figure in found]))
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="mntui-bench-") as place:
        return _all(options.only, options.size, Path(place), options.out)


def _all(names: Sequence[str], size: str, folder: Path, out: Path) -> int:
    # As pip does at an installation; otherwise every process would compile the tree again.
    compileall.compile_dir(TREE / "mntui", quiet=2)
    load, figures, failed = os.getloadavg()[0], list[Figure](), list[str]()
    for name in names:
        _say(f"{name} …")
        begun = time.perf_counter()
        found = _in_its_own_process(name, size, folder)
        _say(f"{name}: {'failed' if found is None else 'measured'} in {time.perf_counter() - begun:.0f} s")
        if found is None:
            failed.append(name)
            continue
        for figure in found:
            _say(f"  {figure.name}: {table.number(figure.value)} {figure.unit} {figure.verdict}")
        figures += found
    text, data = table.write(out, size, table.machine(folder, load), figures)
    _say(f"written: {text} and {data}")
    return 1 if failed else 0


def _in_its_own_process(name: str, size: str, folder: Path) -> list[Figure] | None:
    """What it measured; None where it failed, which it has said on standard error."""
    command = [sys.executable, "-m", "benchmarks", "--one", name, "--size", size, "--folder", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=_environment())
    return [figure_of(plain) for plain in json.loads(done.stdout)] if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    """As an installed mntui finds it: the tree is importable, and compiled files are used."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(TREE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**environment, "PYTHONPATH": path}


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
