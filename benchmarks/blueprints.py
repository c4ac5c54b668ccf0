"""The blueprints that are measured: chains of steps, a fan-out with its join, and what waits for a person."""

from benchmarks.homes import TOOLS, payload_file
from mntui.settings import Settings


def write(settings: Settings, name: str, steps: str, *, hosted: bool = False) -> str:
    """A blueprint of this home. `hosted` calls a real tool host (`files.read` of 2 KiB), otherwise a tool in here."""
    folder = settings.blueprints / name
    folder.mkdir(parents=True)
    if hosted:
        path = payload_file(settings)
        tools = f"  noop: {{use: files.read, with: {{path: {path}}}, allow: {{path: {path}}}}}\n"
    else:
        (folder / "tools.py").write_text(TOOLS)
        tools = "  noop: {use: python.noop, effect: none}\n  mark: {use: python.mark, effect: none}\n"
    (folder / "blueprint.yaml").write_text(f"blueprint: {name}\ntools:\n{tools}steps:\n{steps}")
    return str(folder)


def chain(steps: int, *, given: bool = True) -> str:
    """Tool steps, one after the other. `given`: each takes its number as an argument."""
    with_ = ", with: {{n: {0}}}" if given else ""
    return "".join(
        f"  s{n}: {{tool: noop{with_.format(n)}{f', needs: [s{n - 1}]' if n else ''}}}\n" for n in range(steps)
    )


def held_chain(steps: int) -> str:
    """A chain that begins when a person says so: whoever watches it misses nothing."""
    return '  go: {approve: "Begin?"}\n' + chain(steps, given=False).replace(
        "  s0: {tool: noop", "  s0: {tool: noop, needs: [go]"
    )


def values(steps: int, text: str) -> str:
    """`set` steps, one after the other, each giving the payload: no call, so all of them are one commit."""
    return "".join(
        f"  s{n}:\n    set: {{text: {text}}}\n{f'    needs: [s{n - 1}]' if n else ''}\n" for n in range(steps)
    )


def fan_out(branches: int) -> str:
    """Every branch at once, joined by their container; the time is noted before and behind."""
    items = ", ".join(str(n) for n in range(branches))
    return (
        "  before: {tool: mark, with: {n: 0}}\n"
        "  each:\n"
        f'    for_each: "{{{{ [{items}] }}}}"\n'
        f"    needs: [before]\n    max_parallel: {branches}\n"
        "    steps:\n      one: {tool: noop, with: {n: 1}}\n"
        "  after: {tool: mark, needs: [each], with: {n: 1}}\n"
    )


def approvals(count: int) -> str:
    """An approval, a tool step, an approval, a tool step."""
    lines = []
    for n in range(count):
        lines.append(f'  a{n}: {{approve: "Go on?", show: {{n: {n}}}{f", needs: [t{n - 1}]" if n else ""}}}\n')
        lines.append(f"  t{n}: {{tool: noop, needs: [a{n}]}}\n")
    return "".join(lines)
