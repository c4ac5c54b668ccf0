"""What models find on this machine, read off the environment once: Ollama's address, keys, memory."""

import os
from collections.abc import Mapping
from pathlib import Path

from mntui.models.catalog import CALLS_AT_ONCE, LOCAL_CALLS_AT_ONCE, Settings
from mntui.models.energy import EnergySettings
from mntui.models.ollama_host import LOOPBACK, OllamaSettings, url_of


def model_settings(
    environment: Mapping[str, str],
    *,
    calls_log: Path | None = None,
    prices: Mapping[str, Mapping[str, float | str]] | None = None,
    energy: EnergySettings | None = None,
    calls_at_once: int = CALLS_AT_ONCE,
) -> Settings:
    """Settings of a real machine. OLLAMA_NUM_PARALLEL says how many calls a local model takes at once."""
    host = environment.get("OLLAMA_HOST", "")
    return Settings(
        calls_log=calls_log,
        environment=environment,
        ollama=OllamaSettings(host=host, memory_bytes=_memory_bytes(host)),
        prices=prices or {},
        energy=energy or EnergySettings(),
        local_calls_at_once=_count(environment.get("OLLAMA_NUM_PARALLEL", ""), LOCAL_CALLS_AT_ONCE),
        calls_at_once=calls_at_once,
    )


def _memory_bytes(host: str) -> int | None:
    """What this machine has, where Ollama runs on it."""
    try:
        if not any(f"//{name}:" in url_of(host) for name in (*LOOPBACK, "[::1]")):
            return None
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _count(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() and int(text) > 0 else otherwise
