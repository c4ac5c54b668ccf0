import pytest

from mntui.library.load import load
from mntui.library.report import report_text
from mntui.tools.base import BUILTIN
from mntui.tools.examples import EXAMPLES
from mntui.tools.python import describe_source

HEAD = "blueprint: b\nversion: 1.0.0\nabout: x\ninputs: {folder: {type: path}}\n"


@pytest.mark.parametrize("use", BUILTIN)
def test_every_builtin_tool_has_an_example_that_checks_without_a_finding(tmp_path, use):
    (tmp_path / "blueprint.yaml").write_text(HEAD + EXAMPLES[use])
    loaded = load(tmp_path, BUILTIN, describe_source)
    assert loaded.plan is not None, report_text(loaded.findings)
    assert not loaded.findings, report_text(loaded.findings)
    assert use in {tool.use for tool in loaded.plan.tools.values()}
