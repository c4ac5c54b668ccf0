"""What config.toml says about the worker itself, where its environment says nothing."""

from collections.abc import Mapping
from dataclasses import replace

from mntui.config.file import read_config
from mntui.settings import Settings


def configured(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the file's own; what is wrong in the file changes nothing here and is told elsewhere."""
    config = read_config(settings.config)
    if not environment.get("MNTUI_IDLE_SECONDS"):
        settings = replace(settings, idle_seconds=config.number("worker", "idle_seconds"))
    level = config.given("worker", "log_level")
    if level and not environment.get("MNTUI_LOG_LEVEL"):
        settings = replace(settings, log_level=str(level))
    return settings
