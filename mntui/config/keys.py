"""The keys that config.toml may have: what each holds, its default, and the sentence that stands above it in the file.

A `*` stands for a name of the person's own: a role, a blueprint.
"""

from collections.abc import Mapping
from typing import Final, Literal

from mntui.core.frozen import frozen
from mntui.core.values import Json

ANY: Final = "*"


@frozen
class Setting:
    """`least` and `most` bound numbers; `words` are all that a text may be; `variable` overrides it where it is set."""

    key: tuple[str, ...]
    kind: Literal["model", "text", "integer", "seconds", "word", "dollars", "number"]
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
    Setting(("budget", "day_usd"), "dollars", None, "What a day may cost, for the forecast of `mntui cost`.", 0, 1e6),
    Setting(
        ("blueprints", ANY, "day_usd"),
        "dollars",
        None,
        "What a day of one blueprint may cost, for the forecast.",
        0,
        1e6,
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
    *(
        Setting(("limits", ANY, name), "integer", None, about, 1, 1_000_000_000)
        for name, about in (
            ("calls_at_once", "Calls in flight at once of one provider, over all its models and all runs."),
            ("requests_a_minute", "Calls a minute of one provider."),
            ("tokens_a_minute", "Tokens a minute of one provider, read and written."),
        )
    ),
    Setting(("local", "watts"), "number", 100, "Watts while a local model works on a call.", 0, 100_000),
    Setting(("local", "usd_a_kwh"), "dollars", 0.3, "What a kilowatt-hour costs.", 0, 1000),
    Setting(("local", "hardware_usd"), "dollars", 1500, "What the hardware cost that local models run on.", 0, 1e8),
    Setting(("local", "life_years"), "number", 4, "How many years it lasts.", 0.01, 100),
    Setting(("local", "use_percent"), "number", 20, "The share of that time in which it works.", 0.01, 100),
    Setting(("local", "tokens_a_second"), "number", 10, "How fast models write, before one was measured.", 0.01, 1e6),
    Setting(
        ("local", "prompt_tokens_a_second"), "number", 100, "How fast models read, before one was measured.", 0.01, 1e6
    ),
    Setting(("local", "load_seconds"), "seconds", 30, "How long loading a model may take, for estimates.", 0, 86_400),
    Setting(
        ("local", "loopback_servers"),
        "word",
        "unknown",
        "What a server behind a base URL on this machine costs: its energy (local), or what nobody knows.",
        words=("local", "unknown"),
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
    Setting(("keys", ANY), "text", None, "Another key of the terminal app, by the id that its help shows."),
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

[budget]
# What all runs of a day may cost: `mntui cost` tells how far it reaches. It stops nothing; a run's own budget does.
# day_usd = 5

# The same for one blueprint.
# [blueprints.invoice-reconcile]
# day_usd = 1

[limits]
# Tool calls in flight at once, over all runs.
# tool_calls_at_once = 64
# Calls in flight at once of each model; a local one takes what OLLAMA_NUM_PARALLEL says, else one.
# model_calls_at_once = 16

# How fast one provider is asked, over all its models and all runs. After a refusal (429) half as many calls go out at
# once, by itself, until it answers again.
# [limits.openai]
# calls_at_once = 8
# requests_a_minute = 500
# tokens_a_minute = 200000

[local]
# What local models cost: energy = seconds of work x watts x the price of a kWh, and hardware = seconds of work x its
# price / (life x use). Watts that aren't set here are assumed, and every figure made with them says so.
# watts = 100
# usd_a_kwh = 0.3
# hardware_usd = 1500
# life_years = 4
# use_percent = 20
# How fast models write and read, and how long loading takes, for what a call may cost before one was measured.
# tokens_a_second = 10
# prompt_tokens_a_second = 100
# load_seconds = 30
# Whether a server behind a base URL on this machine (llama.cpp, vLLM, LM Studio) is local, or costs what nobody knows.
# loopback_servers = "unknown"

[worker]
# How long the worker stays when it has nothing to do, in seconds (MNTUI_IDLE_SECONDS wins over it).
# idle_seconds = 600
# How much worker.log says: DEBUG, INFO, WARNING or ERROR (MNTUI_LOG_LEVEL wins over it).
# log_level = "INFO"

[keys]
# Another key of the terminal app, by the id that its help (?) shows; several are separated by commas.
# "home.new" = "n"
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
