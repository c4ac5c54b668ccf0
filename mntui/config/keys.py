"""The keys that config.toml may have: what each holds, its default, and the sentence that stands above it in the file.

A `*` stands for a name of the person's own: a role, a blueprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mntui.core.values import Json

ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Setting:
    """`least` and `most` bound numbers; `words` are all that a text may be; `variable` overrides it where it is set."""

    key: tuple[str, ...]
    kind: Literal["model", "integer", "seconds", "word", "dollars"]
    default: Json
    about: str
    least: float = 0
    most: float = 0
    words: tuple[str, ...] = ()
    variable: str = ""


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(("models", "default"), "model", None, "The model of every role that nothing else binds."),
    Setting(("models", "roles", ANY), "model", None, "The model of a role, in every blueprint."),
    Setting(("blueprints", ANY, "models", ANY), "model", None, "The model of a role in one blueprint."),
    *(
        Setting(("prices", ANY, name), "dollars", None, "Dollars per million tokens, over the bundled table.", 0, 1e6)
        for name in ("input", "output", "cached", "written", "thinking")
    ),
    Setting(("limits", "tool_calls_at_once"), "integer", 64, "Tool calls in flight at once, over all runs.", 1, 10_000),
    Setting(
        ("limits", "model_calls_at_once"),
        "integer",
        16,
        "Calls in flight at once of each model that isn't local.",
        1,
        10_000,
    ),
    Setting(
        ("worker", "idle_seconds"),
        "seconds",
        600,
        "How long the worker stays when it has nothing to do.",
        0,
        31_536_000,
        variable="MNTUI_IDLE_SECONDS",
    ),
    Setting(
        ("worker", "log_level"),
        "word",
        "INFO",
        "How much worker.log says.",
        words=("DEBUG", "INFO", "WARNING", "ERROR"),
        variable="MNTUI_LOG_LEVEL",
    ),
)

TEMPLATE: Final = """\
# mntui: settings of this home. A line that begins with # is off; the values shown are the defaults or examples.
# `mntui config` checks this file and shows what is in force. Models count from the next run, limits and the worker's
# own settings from the worker's next start (`mntui worker stop`; any command starts it again).

[models]
# The model of every role that nothing else binds: neither --model, nor what is below.
# default = "builtin/extractive"

[models.roles]
# The model of a role, in every blueprint.
# fast = "builtin/extractive"

# The model of a role in one blueprint; it wins over [models.roles]. `default` is for its other roles.
# [blueprints.invoice-reconcile.models]
# fast = "builtin/extractive"

# Dollars per million tokens; they win over the bundled table. `cached`, `written` and `thinking` may be left out.
# [prices."openai/gpt-5.4-mini"]
# input = 0.75
# output = 4.5

[limits]
# Tool calls in flight at once, over all runs.
# tool_calls_at_once = 64
# Calls in flight at once of each model; a local one takes what OLLAMA_NUM_PARALLEL says, else one.
# model_calls_at_once = 16

[worker]
# How long the worker stays when it has nothing to do, in seconds (MNTUI_IDLE_SECONDS wins over it).
# idle_seconds = 600
# How much worker.log says: DEBUG, INFO, WARNING or ERROR (MNTUI_LOG_LEVEL wins over it).
# log_level = "INFO"
"""


def setting_of(key: tuple[str, ...]) -> Setting | None:
    """The setting that a key of a file is; None where there is no such one."""
    return next((each for each in SETTINGS if _fits(each.key, key)), None)


def _fits(pattern: tuple[str, ...], key: tuple[str, ...]) -> bool:
    return len(pattern) == len(key) and all(part in {ANY, word} for part, word in zip(pattern, key, strict=True))


def below(table: tuple[str, ...]) -> Mapping[str, bool]:
    """What may stand in a table, by name: whether it is a table itself. `*` where any name may."""
    found: dict[str, bool] = {}
    for each in SETTINGS:
        depth = len(table)
        if len(each.key) > depth and _fits(each.key[:depth], table):
            found[each.key[depth]] = len(each.key) > depth + 1
    return found
