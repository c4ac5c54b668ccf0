"""What waits for a person, as text: everything that will happen is shown whole, with its digest. Nothing is cut."""

import json
import textwrap
from collections.abc import Mapping

from mntui.cli.output import clock, glance, paint, plain
from mntui.core.money import usd
from mntui.core.run import Ask
from mntui.core.typed import BUDGET_WORDS
from mntui.core.values import Json, Ref
from mntui.core.why import answer_command
from mntui.core.words import EFFECTS

_TITLES = {"approval": "approval", "question": "question", "in_doubt": "in doubt", "budget": "budget"}


def ask_text(ask: Ask, run: str, shown: Json = None) -> str:
    """One item. `shown` stands for its values where a person has edited them."""
    values = ask.shown if shown is None else shown
    lines = [f"{paint('◆', 'yellow')} {paint(ask.question, 'bold')}"]
    lines.append(f"  {_TITLES[ask.kind]} {ask.id} · run {run} · step {ask.path}")
    if ask.tool:
        promise = EFFECTS.get(ask.effect or "", "")
        lines.append(f"  calls {ask.tool} ({ask.effect}: {promise})")
    if ask.problem is not None:
        lines.append(f"  what is known: {ask.problem.message}")
    lines.extend(textwrap.indent(line, "  ") for line in _values(ask, values))
    if ask.edit:
        lines.append(f"  may be edited: {', '.join(ask.edit)}")
    if ask.contract is not None and ask.kind == "question":
        lines.append(f"  the answer's contract: {json.dumps(plain(ask.contract), ensure_ascii=False)}")
    if ask.digest:
        lines.append(f"  digest {ask.digest}")
    if ask.expires is not None:
        lines.append(f"  expires {clock(ask.expires.until)}")
    return "\n".join(lines)


def answer_lines(ask: Ask, run: str) -> list[str]:
    """How an item is answered from a script: exact commands."""
    lines = [answer_command(ask)]
    match ask.kind:
        case "approval":
            lines.append(f"mntui reject {ask.id} --reason TEXT")
        case "budget":
            lines.extend(f"""mntui respond {ask.id} '"{word}"'""" for word in _words(ask))
        case "in_doubt":
            lines.append(f"mntui show {run} {ask.path}")
        case "question":
            pass
    return lines


def _words(ask: Ask) -> list[str]:
    """What else a budget is answered by; a cheaper model only where there is one."""
    shown = ask.shown if isinstance(ask.shown, Mapping) else {}
    return [word for word in BUDGET_WORDS if word != "cheaper" or shown.get("cheaper")]


def _values(ask: Ask, values: Json) -> list[str]:
    if ask.kind == "budget":
        held = values if isinstance(values, Mapping) else {}
        cheaper = [f"cheaper: {held['cheaper']} would stay within it"] if held.get("cheaper") else []
        return [*cheaper, f"needed {_amount(ask, held.get('needed'))}, left {_amount(ask, held.get('left'))}"]
    if values is None:
        return []
    if isinstance(values, Ref):
        return [f"{glance(values)} (whole: mntui show RUN STEP --full)"]
    shown = plain(values)
    if not isinstance(shown, dict):
        return [_value(shown)]
    return [f"{paint(name, 'cyan')}: {_value(value)}" for name, value in shown.items()]


def _amount(ask: Ask, amount: Json) -> str:
    if not isinstance(amount, int):
        return "unknown"
    return usd(amount) if ask.limit == "usd" else f"{amount} tokens"


def _value(value: Json) -> str:
    if isinstance(value, str):
        return value if "\n" not in value else "\n" + textwrap.indent(value, "  │ ", lambda _: True)
    return json.dumps(value, ensure_ascii=False, indent=2)
