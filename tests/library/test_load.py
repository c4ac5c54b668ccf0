"""Blueprints from real folders: the example without a finding, each malformed file with its problems at their lines."""

import os
import re
import shutil
from pathlib import Path

import pytest

from mntui.library.load import load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

FIXTURES = Path(__file__).parent.parent / "fixtures"
TRIAGE = FIXTURES / "support-triage"
MALFORMED = sorted((FIXTURES / "malformed").glob("*.yaml"))


@pytest.fixture
def triage(tmp_path):
    return Path(shutil.copytree(TRIAGE, tmp_path / "support-triage"))


def blueprint_in(folder, text, files=()):
    folder.mkdir(exist_ok=True)
    (folder / "blueprint.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    for name, content in dict(files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def edited(folder, old, new):
    path = folder / "blueprint.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return load(folder, BUILTIN, describe_source)


def test_the_example_of_the_design_has_no_finding():
    loaded = load(TRIAGE, BUILTIN, describe_source)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.plan.name == "support-triage"
    assert loaded.document["blueprint"] == "support-triage"
    assert sorted(loaded.source) == ["blueprint.yaml", "prompts/sorter.md", "prompts/writer.md", "tools.py"]


def test_a_file_may_be_named_instead_of_its_folder():
    assert (
        load(TRIAGE / "blueprint.yaml", BUILTIN, describe_source).digest
        == load(TRIAGE, BUILTIN, describe_source).digest
    )


@pytest.mark.parametrize("path", MALFORMED, ids=[path.stem for path in MALFORMED])
def test_every_malformed_file_is_told_at_its_lines(path):
    expected = re.match(r"# expect (.+)\n", path.read_text())[1]
    loaded = load(path, BUILTIN, describe_source)
    assert ", ".join(f"{notice.line} {notice.code}" for notice in loaded.findings) == expected
    for notice in loaded.findings:
        assert notice.file == str(path)
        assert notice.line >= 1
        assert notice.column >= 1
        assert notice.message
        assert notice.expected
        assert notice.remedy
    assert (loaded.plan is None) == any(notice.severity == "problem" for notice in loaded.findings)


def test_there_are_many_malformed_files():
    assert len(MALFORMED) >= 130


HUGE = {
    "a mebibyte of brackets": (b"a: " + b"[" * (2**20 - 3), "depth"),
    "a mebibyte of braces": (b"{a: " * (2**18 - 1), "depth"),
    "a mebibyte of dashes": (b"- " * 2**19, "depth"),
    "a mebibyte of entries": (b"a: [" + b"b," * (2**19 - 10) + b"]", "size"),
    "a mebibyte of question marks": (b"? " * 2**19, "key"),
    "a mebibyte of colons": (b":" * 2**20, "yaml"),
    "a mebibyte of quotes": (b'a: "' + b"x\n" * (2**19 - 10), "yaml"),
    "more than a mebibyte": (b"a: " + b"x" * 2**20, "size"),
    "aliases of aliases": (b"a: &a [x]\n" + b"".join(b"k%d: *a\n" % i for i in range(50_000)), "anchor"),
    "a hundred levels": ("".join(" " * level + "a:\n" for level in range(100)).encode(), "depth"),
    "UTF-16": ("blueprint: b\n".encode("utf-16"), "encoding"),
    "UTF-16 without a mark": ("blueprint: b\n".encode("utf-16-le"), "encoding"),
    "Latin-1": ("blueprint: b\nabout: caf\xe9\n".encode("latin-1"), "encoding"),
    "a zero byte": (b"blueprint: b\nabout: a\0b\n", "encoding"),
    "a bell": (b"blueprint: \a\n", "encoding"),
    "half a character": (b"blueprint: \xed\xa0\x80\n", "encoding"),
    "nothing": (b"", "empty"),
    "a long number": (b"blueprint: b\nbudget: {tokens: " + b"9" * 5000 + b"}\nsteps: {a: {set: {x: 1}}}\n", "number"),
    "many wrong keys": (b"".join(b"kay%d: 1\n" % i for i in range(20_000)), "key"),
    "a long name": (b"blueprint: " + b"A" * 2**19 + b"\nsteps: {a: {set: {x: 1}}}\n", "text"),
    "a long template": (b"blueprint: b\nsteps: {a: {set: {x: '" + b"{{ " * 2**18 + b"'}}}\n", "template"),
    "a long expression": (b"blueprint: b\nsteps: {a: {set: {x: 1}, if: '" + b"(" * 2**19 + b"'}}\n", "expression"),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_deep_and_misencoded_files_are_problems_and_never_exceptions(name, tmp_path):
    content, code = HUGE[name]
    folder = blueprint_in(tmp_path / "b", content)
    loaded = load(folder, BUILTIN, describe_source)
    assert loaded.plan is None
    assert code in {notice.code for notice in loaded.findings}
    assert len(loaded.findings) <= 201
    assert all(notice.line >= 1 and notice.column >= 1 and notice.remedy for notice in loaded.findings)


def test_the_line_of_a_wrong_byte_is_told(tmp_path):
    notice = load(blueprint_in(tmp_path / "b", HUGE["Latin-1"][0]), BUILTIN, describe_source).findings[0]
    assert (notice.line, notice.column) == (2, 11)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    text = "\ufeffblueprint: b\r\nsteps:\r\n  a: {set: {x: 1}, wiht: 2}\r\n".encode()
    (notice,) = load(blueprint_in(tmp_path / "b", text), BUILTIN, describe_source).findings
    assert (notice.line, notice.column, notice.code) == (3, 20, "key")
    assert notice.source == "  a: {set: {x: 1}, wiht: 2}"


def test_a_problem_in_a_prompt_is_told_in_the_prompt(triage):
    (triage / "prompts" / "writer.md").write_text("Write.\n\nThe tone is {{ inputs.tone | loud }}.\n")
    (notice,) = load(triage, BUILTIN, describe_source).findings
    assert notice.file.endswith("prompts/writer.md")
    assert (notice.line, notice.code) == (3, "template")
    assert notice.source.startswith("The tone")


def test_a_broken_schema_file_is_told_at_its_line(triage):
    (triage / "schemas").mkdir()
    (triage / "schemas" / "reply.json").write_text('{\n  "type": "object",\n  oops\n}\n')
    (notice,) = edited(triage, "output: {to: string, body: string}", "output: schemas/reply.json").findings
    assert notice.file.endswith("schemas/reply.json")
    assert (notice.line, notice.code) == (3, "contract")


def test_a_schema_file_is_a_contract(triage):
    schema = '{"type": "object", "properties": {"to": {"type": "string"}, "text": {"type": "string"}}}'
    (triage / "schemas").mkdir()
    (triage / "schemas" / "reply.json").write_text(schema)
    (notice,) = edited(triage, "output: {to: string, body: string}", "output: schemas/reply.json").findings
    assert (notice.code, notice.message) == ("output", "`draft` has no key `body`")


def test_a_tools_file_that_is_no_python_is_told_at_its_line(triage):
    (triage / "tools.py").write_text("import json\n\n\ndef send(:\n    pass\n")
    notices = load(triage, BUILTIN, describe_source).findings
    first = next(notice for notice in notices if notice.code == "tools")
    assert (Path(first.file).name, first.line, first.column) == ("tools.py", 4, 10)


def test_the_tools_file_is_never_executed(triage):
    (triage / "tools.py").write_text(f"open({str(triage / 'ran')!r}, 'w')\n")
    load(triage, BUILTIN, describe_source)
    assert not (triage / "ran").exists()


@pytest.mark.parametrize("name", ["prompts/sorter.md", "tools.py", "blueprint.yaml"])
def test_the_digest_covers_what_a_run_depends_on(triage, name):
    before = load(triage, BUILTIN, describe_source).digest
    with (triage / name).open("a") as file:
        file.write("\n# changed\n")
    assert load(triage, BUILTIN, describe_source).digest != before


@pytest.mark.parametrize("name", ["schemas/new.json", "sql/new.sql", "prompts/new.md", "more.py"])
def test_a_new_file_of_the_version_changes_the_digest(triage, name):
    before = load(triage, BUILTIN, describe_source).digest
    (triage / name).parent.mkdir(exist_ok=True)
    (triage / name).write_text("{}")
    assert load(triage, BUILTIN, describe_source).digest != before


@pytest.mark.parametrize("name", ["README.md", "data/inbox/new.txt", "golden/new.yaml", "data/code.py", ".git/x.py"])
def test_data_golden_cases_and_the_readme_are_not_part_of_the_version(triage, name):
    before = load(triage, BUILTIN, describe_source).digest
    (triage / name).parent.mkdir(exist_ok=True)
    (triage / name).write_text("changed")
    assert load(triage, BUILTIN, describe_source).digest == before


def test_links_are_not_followed_out_of_the_folder(triage, tmp_path):
    outside = tmp_path / "secret.md"
    outside.write_text("secret")
    (triage / "prompts" / "sorter.md").unlink()
    (triage / "prompts" / "sorter.md").symlink_to(outside)
    loaded = load(triage, BUILTIN, describe_source)
    assert {notice.code for notice in loaded.findings} == {"link", "file"}
    assert "secret" not in str(loaded.source)


def test_a_link_that_stays_inside_is_followed(triage):
    (triage / "prompts" / "sorter.md").unlink()
    (triage / "prompts" / "sorter.md").symlink_to(triage / "prompts" / "writer.md")
    assert load(triage, BUILTIN, describe_source).findings == ()


def test_a_pipe_in_place_of_a_file_does_not_hold_up_the_check(tmp_path):
    folder = tmp_path / "b"
    folder.mkdir()
    os.mkfifo(folder / "blueprint.yaml")
    (notice,) = load(folder, BUILTIN, describe_source).findings
    assert notice.code == "file"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.symlink_to(path)])
def test_a_blueprint_that_is_no_file_is_a_problem(make, tmp_path):
    folder = tmp_path / "b"
    folder.mkdir()
    make(folder / "blueprint.yaml")
    (notice,) = load(folder, BUILTIN, describe_source).findings
    assert (notice.code, notice.severity) == ("file", "problem")


def test_a_prompt_that_is_too_large_is_a_problem(triage):
    (triage / "prompts" / "sorter.md").write_text("x" * (2**20 + 1))
    assert {notice.code for notice in load(triage, BUILTIN, describe_source).findings} == {"size", "file"}


def test_too_many_files_are_a_problem(triage):
    for number in range(1001):
        (triage / "prompts" / f"z{number}.md").write_text("x")
    assert "size" in {notice.code for notice in load(triage, BUILTIN, describe_source).findings}


SQL = """
blueprint: b
inputs: {ledger: {type: path}}
tools: {ask: {use: sql.query, allow: {tables: "{{ inputs.ledger }}"}}}
steps:
  a: {tool: ask, with: {query: sql/sum.sql, tables: {ledger: "{{ inputs.ledger }}"}}}
  b: {set: {n: "{{ a.rows }}"}}
"""


def test_a_sql_file_is_read_in_as_literal_text(tmp_path):
    folder = blueprint_in(tmp_path / "b", SQL, {"sql/sum.sql": "select sum(x) from ledger\n"})
    loaded = load(folder, BUILTIN, describe_source)
    assert loaded.findings == ()
    assert loaded.plan.steps["a"].work.arguments["query"] == "select sum(x) from ledger\n"
    assert "sql/sum.sql" in loaded.source


def test_a_template_in_a_sql_file_is_a_problem_in_that_file(tmp_path):
    folder = blueprint_in(tmp_path / "b", SQL, {"sql/sum.sql": "select 1\nwhere x = '{{ inputs.ledger }}'\n"})
    (notice,) = load(folder, BUILTIN, describe_source).findings
    assert (Path(notice.file).name, notice.line, notice.code) == ("sum.sql", 2, "template")


def test_a_large_blueprint_is_checked_in_reasonable_time(tmp_path):
    steps = "".join(f"  s{i}: {{set: {{x: '{{{{ s{i - 1}.x }}}}'}}}}\n" for i in range(1, 2000))
    folder = blueprint_in(tmp_path / "b", f"blueprint: b\nsteps:\n  s0: {{set: {{x: 1}}}}\n{steps}")
    assert len(load(folder, BUILTIN, describe_source).plan.steps) == 2000
