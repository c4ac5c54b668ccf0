"""What the app remembers for a person between two openings: colours, how lists are sorted, what was typed last.

One small file in the home, for this app alone. Losing it loses nothing: a file that can't be read counts as empty, and
one that can't be written is given up in silence.
"""

import json
from collections.abc import Container, Mapping
from contextlib import suppress
from pathlib import Path

from mntui.core.values import Json

MOST_CHARACTERS = 2000
"""A longer text (a pasted file) isn't remembered."""


class Memory:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = _read(path)

    def theme(self, known: Container[str], other: str) -> str:
        """The colours chosen last, where they are still known."""
        name = self._held.get("theme")
        return name if isinstance(name, str) and name in known else other

    def keep_theme(self, name: str) -> None:
        if self._held.get("theme") != name:
            self._keep("theme", name)

    def texts(self, form: str) -> dict[str, str]:
        """What was typed last into a form, by field."""
        forms = self._held.get("forms")
        held = forms.get(form) if isinstance(forms, Mapping) else None
        return {str(name): str(text) for name, text in held.items()} if isinstance(held, Mapping) else {}

    def keep_texts(self, form: str, texts: Mapping[str, str]) -> None:
        forms = self._held.get("forms")
        short = {name: text for name, text in texts.items() if len(text) <= MOST_CHARACTERS}
        self._keep("forms", {**(forms if isinstance(forms, Mapping) else {}), form: short})

    def word(self, name: str, other: str) -> str:
        """A choice by its name, such as how runs are sorted."""
        held = self._held.get(name)
        return held if isinstance(held, str) else other

    def keep_word(self, name: str, value: str) -> None:
        self._keep(name, value)

    def _keep(self, name: str, value: Json) -> None:
        self._held = {**self._held, name: value}
        beside = self._path.with_suffix(".new")
        with suppress(OSError):
            beside.write_text(json.dumps(self._held, ensure_ascii=False, indent=1), encoding="utf-8")
            beside.chmod(0o600)
            beside.replace(self._path)


def _read(path: Path) -> dict[str, Json]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
