"""Reading config.toml: every value that is right counts, every one that is wrong is a problem with its line.

Deliberately absent: an exception for whoever starts a worker. A broken file means defaults, and sentences that say so.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from mntui.config.keys import ANY, SETTINGS, TEMPLATE, Setting, below, setting_of
from mntui.config.places import Key, Place, place_of, places
from mntui.core.compiling.findings import listing, nearest
from mntui.core.frozen import frozen
from mntui.core.values import Json

MOST_BYTES: Final = 1 << 20
PRIVATE_FILE: Final = 0o600
WHOLE_PRICE: Final = frozenset({"input", "output"})
_AT: Final = re.compile(r"^(.*?)(?: \(at (?:line (\d+), column (\d+)|end of document)\))?$", re.DOTALL)


@frozen
class ConfigProblem:
    """Something wrong in the file, for people. Line and column from 1; 0 where it is the whole file."""

    message: str
    remedy: str
    line: int = 0
    column: int = 0

    @property
    def sentence(self) -> str:
        where = f" line {self.line}" if self.line else ""
        return f"config.toml{where}: {self.message}; the default is used instead. {self.remedy}"


@frozen
class Set:
    """A value that the file sets, and its line."""

    value: Json
    line: int


@frozen
class Chosen:
    """A model that the file names for a role; `place` says where, for a sentence."""

    model: str
    place: str


@frozen
class Config:
    """`values` holds what the file sets and what is right, by key."""

    path: Path
    exists: bool = False
    values: Mapping[Key, Set] = field(default_factory=dict)
    problems: tuple[ConfigProblem, ...] = ()

    def model_of(self, blueprint: str, role: str) -> Chosen | None:
        """What the file says about a role of a blueprint: the nearer word wins. None where it says nothing."""
        own = ("blueprints", blueprint, "models")
        for key in ((*own, role), (*own, "default"), ("models", "roles", role), ("models", "default")):
            found = self.values.get(key)
            if found is not None:
                return Chosen(str(found.value), f"config.toml line {found.line} ({dotted(key)})")
        return None

    def prices(self) -> dict[str, dict[str, float]]:
        """A person's own prices by model, in dollars per million tokens; only whole ones."""
        found: dict[str, dict[str, float]] = {}
        for key, given in self.values.items():
            if key[0] == "prices":
                found.setdefault(key[1], {})[key[2]] = float(given.value)
        return {model: price for model, price in found.items() if set(price) >= WHOLE_PRICE}

    def keys(self) -> dict[str, str]:
        """Keys of the terminal app that the person chose, by their ids."""
        return {key[1]: str(found.value) for key, found in self.values.items() if key[0] == "keys"}

    def number(self, *key: str) -> float:
        """A number in force: the file's, else the default."""
        found = self.values.get(key)
        if found is not None:
            return float(found.value)
        setting = setting_of(key)
        assert setting is not None
        return float(setting.default)

    def given(self, *key: str) -> Json:
        """What the file sets, None where it doesn't."""
        found = self.values.get(key)
        return None if found is None else found.value


def read_config(path: Path) -> Config:
    """The file as far as it is right. Never raises: a file that can't be read is a problem of the config."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Config(path)
    except OSError as error:
        return Config(path, True, problems=(ConfigProblem(f"it can't be read: {error.strerror}", f"Look at {path}."),))
    if len(data) > MOST_BYTES:
        return Config(path, True, problems=(ConfigProblem("it is over 1 MiB", "It has a few lines at most."),))
    try:
        text = data.decode()
        parsed = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Config(path, True, problems=(ConfigProblem("it isn't UTF-8", "Save it as UTF-8.", line, 1),))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Config(path, True, problems=(_not_toml(str(error), text),))
    found = places(text)
    values: dict[Key, Set] = {}
    problems = (*_check(parsed, (), found, values), *_half_prices(parsed, found))
    return Config(path, True, values, tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))))


def write_template(path: Path) -> None:
    """Put the commented file where none is. Where it can't be written, nothing is lost: every line of it is off."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except OSError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(TEMPLATE)


def dotted(key: Key) -> str:
    """A key as it would be written: `blueprints."my own".models.fast`."""
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"' for part in key)


def in_force(config: Config, environment: Mapping[str, str]) -> Iterator[tuple[str, Json, str, int]]:
    """Every setting: its key, its value, where that comes from (default, file, environment), its line (0: none)."""
    for each in SETTINGS:
        if ANY in each.key:
            for key, found in config.values.items():
                if setting_of(key) is each:
                    yield dotted(key), found.value, "file", found.line
            continue
        set_here = config.values.get(each.key)
        if each.variable and environment.get(each.variable):
            yield dotted(each.key), environment[each.variable], "environment", 0
        elif set_here is not None:
            yield dotted(each.key), set_here.value, "file", set_here.line
        else:
            yield dotted(each.key), each.default, "default", 0


# Checking


def _not_toml(said: str, text: str) -> ConfigProblem:
    match = _AT.match(said)
    assert match is not None
    message, line, column = match.groups()
    body = text.rstrip("\n")
    end = (body.count("\n") + 1, len(body.rpartition("\n")[2]) + 1)
    place = (int(line), int(column)) if line else end
    return ConfigProblem(f"it is no TOML: {message[:1].lower()}{message[1:]}", "Text stands in quotes.", *place)


def _check(
    table: Mapping[str, Json], at: Key, found: Mapping[Key, Place], values: dict[Key, Set]
) -> Iterator[ConfigProblem]:
    allowed = below(at)
    for name, value in table.items():
        key = (*at, name)
        place = place_of(found, key)
        setting = setting_of(key)
        inner = allowed.get(name, allowed.get(ANY))
        if inner is None or (
            name not in allowed and inner and not isinstance(value, dict) and not all(allowed.values())
        ):
            yield _unknown(key, allowed, place)
        elif inner:
            if isinstance(value, dict):
                yield from _check(value, key, found, values)
            else:
                yield ConfigProblem(f"{dotted(key)} is a table, not a value", f"Write [{dotted(key)}].", *place)
        else:
            assert setting is not None
            wrong = _wrong(setting, value)
            if wrong:
                yield ConfigProblem(f"{dotted(key)} {wrong}", _example(setting, key), *place)
            else:
                values[key] = Set(value, place[0])


def _unknown(key: Key, allowed: Mapping[str, bool], place: Place) -> ConfigProblem:
    names = tuple(name for name in allowed if name != ANY)
    near = nearest(key[-1], names)
    where = f"[{dotted(key[:-1])}]" if len(key) > 1 else "the file"
    remedy = f"Did you mean {near}?" if near else f"{where} may hold: {listing(names)}."
    return ConfigProblem(f"there is no setting {dotted(key)}", remedy, *place)


def _half_prices(parsed: Mapping[str, Json], found: Mapping[Key, Place]) -> Iterator[ConfigProblem]:
    prices = parsed.get("prices")
    for model, price in prices.items() if isinstance(prices, dict) else ():
        if isinstance(price, dict) and not set(price) >= WHOLE_PRICE:
            key = ("prices", model)
            message = f"{dotted(key)} is no price: it needs input and output"
            yield ConfigProblem(message, "For example: input = 0.75", *place_of(found, key))


def _wrong(setting: Setting, value: Json) -> str:
    """What is wrong with a value, as the end of a sentence that its key begins; "" where nothing is."""
    match setting.kind:
        case "model":
            return "" if isinstance(value, str) and value.strip() else "must be the name of a model, as text"
        case "text":
            return "" if isinstance(value, str) and value.strip() else "must be text"
        case "word":
            return "" if value in setting.words else f"must be one of {', '.join(setting.words)}"
        case "integer" | "seconds" | "dollars" | "number":
            kinds = (int,) if setting.kind == "integer" else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds):
                units = {
                    "integer": "a whole number",
                    "seconds": "a number of seconds",
                    "dollars": "dollars as a number",
                    "number": "a number",
                }
                return f"must be {units[setting.kind]}"
            fits = setting.least <= value <= setting.most
            return "" if fits else f"must be from {setting.least:,.12g} to {setting.most:,.12g}"


def _example(setting: Setting, key: Key) -> str:
    if setting.kind == "model":
        return f'For example: {key[-1]} = "builtin/extractive"'
    if setting.key[0] == "keys":
        return f'For example: "{key[-1]}" = "f5"'
    if setting.kind == "dollars":
        return f"For example: {key[-1]} = 0.75"
    shown = f'"{setting.default}"' if isinstance(setting.default, str) else setting.default
    return f"For example: {key[-1]} = {shown}"
