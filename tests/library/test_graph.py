"""The plain listing of a plan."""

from pathlib import Path

from mntui.library.graph import graph_text
from mntui.library.load import load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

TRIAGE = Path(__file__).parent.parent / "fixtures" / "support-triage"


def test_the_graph_lists_ranks_needs_and_routes():
    assert graph_text(load(TRIAGE, BUILTIN, describe_source).plan).split("\n") == [
        "support-triage 1.2.0",
        " 1  tickets  tool list_tickets",
        " 2  each     for each of {{ tickets.files }}  ← tickets",
        "      1  read   tool read_ticket",
        "      2  sort   agent sorter  ← read  → draft (urgent, normal), bin (spam)",
        "      3  draft  agent writer  ← read, sort",
        "      3  bin    tool log_spam  ← sort",
        "      4  check  approve 'Send this reply?'  ← draft",
        "      5  send   tool send_reply  ← check",
        " 3  report   agent editor  ← each",
    ]
