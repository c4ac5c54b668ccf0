"""From a folder to a Plan, or to every problem at its line: read, parse, describe its tools, compile.

Nothing of the blueprint is executed, and nothing is raised for what is wrong with it: a broken file never stops
whoever loads it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from mntui.core.compiling.compile import compile_blueprint
from mntui.core.compiling.findings import Finding
from mntui.core.frozen import frozen
from mntui.core.plan import Plan, ToolSpec
from mntui.core.values import Json
from mntui.library.folder import MAIN, FileProblem, FolderText, read_folder
from mntui.library.report import Notice
from mntui.library.yaml import Node, YamlProblem, line_and_column, lines_of, parse_yaml, place_of

Describe = Callable[[str], tuple[ToolSpec, ...]]
"""The tools that the text of a tools.py defines, without executing it.

May raise SyntaxError, or ValueError with the `line` and `column` of the problem, if it knows them.
"""

TOOLS_FILE = "tools.py"


@frozen
class Loaded:
    """A blueprint as it was read. `plan` is None if there is any problem.

    `source` maps each file of the version to its text (blueprint.yaml included), which is what a journal keeps;
    `document` is its plain data, `digest` the version digest.
    """

    folder: Path
    plan: Plan | None
    findings: tuple[Notice, ...]
    digest: str
    source: Mapping[str, str]
    document: Json


def load(path: Path, builtin: Mapping[str, ToolSpec], describe: Describe) -> Loaded:
    """The blueprint in a folder, or of a file in its folder."""
    folder, main = (path, MAIN) if path.is_dir() else (path.parent, path.name)
    text = read_folder(folder, main)
    notices = [_file_notice(problem, folder) for problem in text.problems]
    if text.main is None:
        return Loaded(folder, None, tuple(notices), text.digest(), dict(text.texts), None)
    parsed = parse_yaml(text.main)
    source = {**text.texts, MAIN: parsed.text}
    lines = lines_of(parsed.text)
    notices += [_yaml_notice(problem, lines, str(folder / main)) for problem in parsed.problems]
    specs, tool_notices = _described(text, describe, folder)
    notices += tool_notices
    if parsed.root is None:
        return Loaded(folder, None, tuple(notices), text.digest(), source, None)
    plan, findings = compile_blueprint(parsed.root.value, text.texts, {**builtin, **specs})
    hidden = [problem.where for problem in parsed.problems if problem.where]
    told = [finding for finding in findings if not any(finding.where[: len(place)] == place for place in hidden)]
    notices += [_text_notice(finding, text, folder) for finding in told if finding.file in text.texts]
    notices += [
        _main_notice(finding, parsed.root, lines, str(folder / main))
        for finding in told
        if finding.file not in text.texts
    ]
    plan = None if any(notice.severity == "problem" for notice in notices) else plan
    return Loaded(folder, plan, tuple(_in_order(notices, str(folder / main))), text.digest(), source, parsed.root.value)


def _described(text: FolderText, describe: Describe, folder: Path) -> tuple[dict[str, ToolSpec], list[Notice]]:
    """The specs of the folder's own tools by their `use`."""
    if TOOLS_FILE not in text.texts:
        return {}, []
    code = text.texts[TOOLS_FILE]
    try:
        return {spec.use: spec for spec in describe(code)}, []
    except SyntaxError as error:
        line, column, told = error.lineno or 1, error.offset or 1, f"{TOOLS_FILE} is no Python: {error.msg}"
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        told = f"{TOOLS_FILE}: {error}"
    file = str(folder / TOOLS_FILE)
    source = _line_of(lines_of(code), line)
    return {}, [Notice("problem", file, line, column, "tools", told, "", "Correct the Python code.", (), source)]


def _file_notice(problem: FileProblem, folder: Path) -> Notice:
    file = str(folder / problem.path)
    return Notice("problem", file, 1, 1, problem.code, problem.message, "", problem.remedy)


def _yaml_notice(problem: YamlProblem, lines: list[str], file: str) -> Notice:
    source = _line_of(lines, problem.line)
    expected = "UTF-8 text" if problem.code == "encoding" else "YAML 1.2"
    place = (problem.line, problem.column, problem.code)
    return Notice("problem", file, *place, problem.message, expected, problem.remedy, problem.where, source)


def _main_notice(finding: Finding, root: Node, lines: list[str], file: str) -> Notice:
    """A finding in blueprint.yaml."""
    place = place_of(root, finding.where, of_key=finding.of_key, offset=finding.offset)
    return _notice(finding, file, place, lines)


def _text_notice(finding: Finding, text: FolderText, folder: Path) -> Notice:
    """A finding inside a file that blueprint.yaml names."""
    content = text.texts[finding.file]
    place = line_and_column(content, finding.offset)
    return _notice(finding, str(folder / finding.file), place, lines_of(content))


def _notice(finding: Finding, file: str, place: tuple[int, int], lines: list[str]) -> Notice:
    line, column = place
    return Notice(
        severity=finding.severity,
        file=file,
        line=line,
        column=column,
        code=finding.code,
        message=finding.message,
        expected=finding.expected,
        remedy=finding.remedy,
        where=finding.where,
        source=_line_of(lines, line),
    )


def _line_of(lines: list[str], line: int) -> str:
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _in_order(notices: list[Notice], main: str) -> list[Notice]:
    """blueprint.yaml first, then by file, line and column."""
    return sorted(notices, key=lambda notice: (notice.file != main, notice.file, notice.line, notice.column))
