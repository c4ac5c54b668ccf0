"""The format of blueprint.yaml as one table: every key, its shape, and what it is for.

The same table checks a file (`fit_blueprint`) and becomes the JSON Schema for editors (`blueprint_schema`). Keys marked
`later` are words of the format that this version refuses by name. What names and templates mean is not decided here.
"""

from types import MappingProxyType
from typing import Final

from mntui.core.compiling.findings import Findings
from mntui.core.compiling.shape_schema import json_schema
from mntui.core.compiling.shapes import (
    NOTHING,
    AnyJson,
    Boolean,
    Choice,
    Duration,
    Either,
    Expression,
    Format,
    Key,
    ListOf,
    MapOf,
    Number,
    Record,
    Reference,
    Shape,
    Template,
    Text,
    fit,
)
from mntui.core.contracts.contracts import TYPES
from mntui.core.values import Json

ID: Final = r"[a-z][a-z0-9_]*"
KINDS: Final = ("tool", "agent", "set", "route", "approve", "ask", "for_each", "repeat", "wait", "include", "plan")
LATER_KINDS: Final = ("repeat", "include", "plan")
DEFAULT_TIMEOUT_SECONDS: Final = MappingProxyType({"tool": 60.0, "agent": 600.0})
DEFAULT_MAX_PARALLEL: Final = 8


def _named(value: Shape, naming: str, least: int = 0) -> MapOf:
    return MapOf(value, ID, naming, least)


def _line(meaning: str) -> Text:
    return Text(r"[^\n\r]*\S[^\n\r]*", meaning)


_IDENTIFIER = Text(ID, "an id (a lower-case letter, then letters, digits and _)")
_VARIABLES = ListOf(Text(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"))
_ONE_OR_MORE = Either((_IDENTIFIER, ListOf(_IDENTIFIER)))
_CONTRACT = Either((Text(r"schemas/[^\n]+\.json", "a contract or a path such as schemas/NAME.json"), MapOf(AnyJson())))
_RETRY_ATTEMPTS = 100

INPUT = Record(
    "an input",
    {
        "type": Key("what the value must be", Choice(tuple(TYPES)), required=True),
        "enum": Key("the only values allowed", ListOf(AnyJson(), least=1)),
        "default": Key("the value when none is given; without it the input is required", AnyJson()),
        "about": Key("one line for people", Text(prose=True)),
    },
)
MODEL = Record(
    "a model role",
    {
        "prefer": Key(
            "model names in order, the first usable one serves", ListOf(Text(r"[^/\s]+/\S+", "PROVIDER/NAME"))
        ),
        "max_tokens": Key("the most tokens an answer may have", Number(1, 1_000_000, whole=True)),
        "builtin": Key("`never` refuses the offline stand-in", Choice(("never",))),
        "fallback": Key(
            "models that take over, in order, when this one can't answer", ListOf(Text(r"[^/\s]+/\S+", "PROVIDER/NAME"))
        ),
        "escalate": Key("the role that takes over when an answer fails its check", _IDENTIFIER),
    },
)
TOOL = Record(
    "a tool",
    {
        "use": Key(
            "which tool: files.read, python.NAME, mcp.SERVER.TOOL, …", _line("the name of a tool"), required=True
        ),
        "allow": Key("per parameter what it may be; over inputs only", MapOf(Template("list"))),
        "with": Key("parameters fixed here and hidden from models", MapOf(Template())),
        "effect": Key(
            "the effect class; only stricter than the tool's own", Choice(("none", "keyed", "reconcilable", "unsafe"))
        ),
        "approve": Key("`always` asks a person at each call", Choice(("never", "always"))),
        "taints": Key("its results are untrusted text", Boolean()),
        "secrets": Key("secrets it is given, by name", _VARIABLES),
        "env": Key("environment variables it is given, by name", _VARIABLES),
    },
)
SERVER = Record(
    "a server",
    {
        "command": Key("the command as an argument list", ListOf(_line("an argument"), least=1)),
        "url": Key("where it listens", Text(r"https?://\S+", "an http or https URL")),
        "secrets": Key("secrets it is given, by name", _VARIABLES),
        "env": Key("environment variables it is given, by name", _VARIABLES),
    },
)
AGENT = Record(
    "an agent",
    {
        "role": Key("how it works", Choice(("router", "executor", "aggregator"))),
        "model": Key("a role of `models`", _IDENTIFIER, required=True),
        "instructions": Key("text, or a path ending in .md; a template over inputs", Template("text"), required=True),
        "tools": Key("the tools it may call, of `tools`", ListOf(_IDENTIFIER)),
        "max_turns": Key("the most model calls of one step", Number(1, 100, whole=True)),
        "sees": Key("what else it is shown", AnyJson(), later=True),
    },
)
RETRY = Record(
    "a retry policy",
    {
        "maximum_attempts": Key("tries, the first included", Number(1, _RETRY_ATTEMPTS, whole=True)),
        "initial_interval": Key("the wait before the second try", Duration(0)),
        "backoff_coefficient": Key("each wait is so many times the last", Number(1, 100)),
        "maximum_interval": Key("the longest wait", Duration(0)),
        "non_retryable_error_types": Key("errors that are not tried again", ListOf(_line("the name of an error"))),
        "contract": Key("tries after an answer that broke its contract", Number(0, _RETRY_ATTEMPTS, whole=True)),
    },
)
REPEAT = Record(
    "a repeat",
    {
        "until": Key("the expression that ends it", Expression(), required=True),
        "at_most": Key("the most iterations", Template(), required=True),
        "on_limit": Key("what happens at the limit", Choice(("fail", "accept"))),
    },
)
WAIT = Record(
    "a wait",
    {
        "for": Key("a duration", Template("text")),
        "at": Key("a time", Template("text"), later=True),
        "signal": Key("the name of a signal", Text(r"[A-Za-z][A-Za-z0-9_.-]*", "the name of a signal")),
    },
)
PLANNER = Record(
    "a planner",
    {
        "agent": Key("who plans, of `agents`", _IDENTIFIER, required=True),
        "at_most": Key("the most planned steps", Template()),
        "approve": Key("a person approves the plan first", AnyJson()),
    },
)
QUORUM = Record("a join", {"quorum": Key("how many must succeed", Number(1, whole=True), required=True)})
_JOINS = Choice(("all_success", "all_done", "none_failed", "one_failed", "one_success"))
_STEPS = _named(Reference("a step"), "an id of a step", 1)
_VALUES = MapOf(Template())

STEP = Record(
    "a step",
    {
        "tool": Key("calls this tool, of `tools`", _IDENTIFIER),
        "agent": Key("asks this agent, of `agents`", _IDENTIFIER),
        "set": Key("names values; no call, no cost", MapOf(Template(), least=1)),
        "route": Key("an expression whose value picks one of `routes`", Expression()),
        "approve": Key("asks a person to approve what `show` shows", Template("text")),
        "ask": Key("asks a person a question; `output` is the answer's contract", Template("text")),
        "for_each": Key("runs `steps` once for each item of a list", Template("list")),
        "repeat": Key("runs `steps` until something holds", REPEAT, later=True),
        "wait": Key("waits for a duration or a signal", WAIT),
        "include": Key("runs another blueprint", _line("a name or a folder"), later=True),
        "plan": Key("lets an agent plan the steps", PLANNER, later=True),
        "with": Key("what it is given, by name", _VALUES),
        "routes": Key("key → the steps it starts", MapOf(_ONE_OR_MORE, least=1)),
        "else": Key("the steps for any other key", _ONE_OR_MORE),
        "show": Key("what is shown for approval, by name", _VALUES),
        "edit": Key("keys of `show` that a person may change", ListOf(_line("a key of show"))),
        "expires": Key("how long the question stands", Duration()),
        "on_expiry": Key("what happens then", Choice(("reject", "fail"))),
        "on_reject": Key("what a rejection does", Choice(("skip", "fail", "continue"))),
        "as": Key("the name of the item inside", _IDENTIFIER),
        "steps": Key("the inner steps", _STEPS),
        "outputs": Key("the output of an item, by name", _VALUES),
        "max_parallel": Key("the most items at once", Number(1, 1000, whole=True)),
        "first": Key("what `previous` is in the first iteration", _VALUES),
        "templates": Key("the steps a planner may use", _named(Reference("a step"), "an id of a template")),
        "needs": Key("steps that must end first, beside those it reads", _ONE_OR_MORE),
        "join": Key("which ends of its needs let it start", Either((_JOINS, QUORUM))),
        "if": Key("an expression; false skips the step", Expression()),
        "output": Key("the contract: short, a JSON Schema, or schemas/NAME.json", _CONTRACT),
        "timeout": Key("the longest one attempt may take", Duration()),
        "retry": Key("how failures are tried again", RETRY),
        "on_failure": Key("what its failure does", Choice(("pause", "fail", "compensate", "continue", "skip"))),
        "on_change": Key("what a changed input file does", Choice(("ask", "rerun", "ignore"))),
        "cache": Key("uses an answer again that was given to exactly the same question", Boolean()),
        "fallback": Key("runs when retries are used up", Reference("a step"), later=True),
        "compensate": Key("undoes the step", Reference("a step"), later=True),
    },
)
TRIGGER = Record(
    "a trigger",
    {
        "schedule": Key("five cron fields", _line("five cron fields")),
        "watch": Key("a path pattern; over inputs only", Template("text")),
        "signal": Key("the name of a signal", Text(r"[A-Za-z][A-Za-z0-9_.-]*", "the name of a signal")),
        "timezone": Key("such as Europe/Zurich", Text(r"[A-Za-z0-9_+/-]+", "a time zone such as Europe/Zurich")),
        "jitter": Key("a random delay up to this", Duration(0)),
        "catch_up": Key("which missed times still fire", Choice(("none", "last", "all"))),
        "overlap": Key("what happens while the last run goes on", Choice(("skip", "queue", "allow"))),
        "debounce": Key("how long a file must rest", Duration(0)),
        "with": Key("inputs of the run, by name", _VALUES),
    },
)
BUDGET = Record(
    "a budget",
    {
        "usd": Key("dollars of one run", Number(0, 1_000_000)),
        "tokens": Key("tokens of one run", Number(0, 10**12, whole=True)),
        "on_reach": Key("what happens when the next call could cross it", Choice(("ask", "stop", "cheaper"))),
    },
)
RECOVERY = Record(
    "recovery",
    {
        "retry": Key("the default retry policy of steps", RETRY),
        "on_failure": Key("what an unhandled failure does", Choice(("pause", "fail", "compensate"))),
    },
)
BLUEPRINT = Record(
    "a blueprint",
    {
        "blueprint": Key(
            "its name", Text(r"[a-z][a-z0-9_-]*", "a name (lower-case letters, digits, _ and -)"), required=True
        ),
        "version": Key("such as 1.2.0", _line("text such as 1.2.0")),
        "about": Key("what it does, for people", Text(prose=True)),
        "inputs": Key("what a run is given", _named(INPUT, "an id of an input")),
        "models": Key(
            "model roles, bound to models by preference or configuration", _named(MODEL, "an id of a model role")
        ),
        "tools": Key("the capability boundary: nothing else can be called", _named(TOOL, "an id of a tool")),
        "servers": Key("MCP servers", _named(SERVER, "an id of a server")),
        "agents": Key("who answers", _named(AGENT, "an id of an agent")),
        "steps": Key("the work", _STEPS, required=True),
        "outputs": Key("what a run gives, by name", _VALUES),
        "success": Key("expressions that must hold at the end, by name", MapOf(Expression())),
        "budget": Key("limits of one run", BUDGET),
        "recovery": Key("defaults for failures", RECOVERY),
        "triggers": Key("what starts runs, once armed", _named(TRIGGER, "an id of a trigger")),
        "golden": Key("a glob of golden cases", _line("a path pattern such as golden/*.yaml")),
    },
)
FORMAT: Final = Format(
    BLUEPRINT, {record.title: record for record in (STEP, INPUT, MODEL, TOOL, SERVER, AGENT, RETRY, TRIGGER)}
)

KEYS_OF_KINDS: Final = {
    "tool": ("with",),
    "agent": ("with", "routes", "else"),
    "set": (),
    "route": ("routes", "else"),
    "approve": ("show", "edit", "expires", "on_expiry", "on_reject"),
    "ask": (),
    "for_each": ("as", "steps", "outputs", "max_parallel"),
    "repeat": ("first", "steps", "outputs"),
    "wait": (),
    "include": ("with",),
    "plan": ("with", "templates"),
}
"""The keys that belong to a kind, beside the ones every step may have."""


def fit_blueprint(document: Json, found: Findings) -> dict[str, Json]:
    """The well-formed part of a document; everything else is reported."""
    fitted = fit(document, BLUEPRINT, (), FORMAT, found)
    return {} if fitted is NOTHING else fitted


def blueprint_schema() -> dict[str, Json]:
    """The JSON Schema (2020-12) of blueprint.yaml, for editors."""
    schema = json_schema(FORMAT)
    schema["$defs"]["step"]["oneOf"] = [{"required": [kind]} for kind in KINDS]
    return schema
