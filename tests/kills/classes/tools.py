"""A world in a folder: every effect is a line that says its tool and its key, so that it can be counted from outside."""

import os
from pathlib import Path


def _note(world: str, name: str, text: str) -> None:
    with (Path(world) / name).open("a") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(world: str, name: str) -> list[str]:
    path = Path(world) / name
    return path.read_text().splitlines() if path.exists() else []


def read(world: str, n: int = 1) -> dict:
    """Count something."""
    _note(world, "read.txt", str(n))
    return {"n": n}


def pay(world: str, line: str, *, idempotency_key: str) -> dict:
    """A provider that knows keys: the second call under one key changes nothing."""
    if f"{idempotency_key} {line}" not in _lines(world, "paid.txt"):
        _note(world, "paid.txt", f"{idempotency_key} {line}")
    return {"id": "paid"}


def post(world: str, line: str, *, idempotency_key: str) -> dict:
    """A provider that can be asked, but takes everything it is given."""
    _note(world, "posted.txt", f"{idempotency_key} {line}")
    return {"id": "posted"}


def post_reconcile(world: str, line: str, *, idempotency_key: str) -> dict | None:
    """Whether it is there already."""
    return {"id": "posted"} if f"{idempotency_key} {line}" in _lines(world, "posted.txt") else None


def send(world: str, line: str) -> dict:
    """A provider that neither knows keys nor can be asked."""
    _note(world, "sent.txt", line)
    return {"ok": True}
