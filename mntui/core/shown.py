"""Values and foreign text as people may safely see them: on one line, whole, and unable to do anything to a terminal.

What models and tools said is foreign. A control character or a turned direction of writing in it is shown escaped, so
nothing that is read can move the cursor, hide a word of an approval or speak in our name.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from mntui.core.values import Json

GLANCE: Final = 200
_HARMFUL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def harmless(text: str) -> str:
    """Text that can only be read; line ends stay, tabs become spaces."""
    return _HARMFUL.sub(_escaped, text.replace("\r\n", "\n").expandtabs(4))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def plain(value: Json) -> Json:
    """Dataclasses, named tuples and mappings as JSON."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def whole(value: Json) -> str:
    """A value as text, nothing cut: text as it is, all else as indented JSON."""
    held = plain(value)
    return harmless(held if isinstance(held, str) else json.dumps(held, ensure_ascii=False, indent=2))


def glance(value: Json, most: int = GLANCE) -> str:
    """A value on one line, at most so many characters; a large one by its head and size."""
    held = plain(value)
    if isinstance(held, dict) and held.get("ref") == "payload":
        return f"{glance(held['head'], most)} ({held['size']:,} bytes)"
    text = held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
    line = " ".join(harmless(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
