"""What config.toml says about the worker and its models, where the environment says nothing."""

from collections.abc import Mapping
from dataclasses import replace

from mntui.config.file import Config, read_config
from mntui.models.energy import EnergySettings
from mntui.settings import Settings
from mntui.worker.flow import FlowLimits

PROVIDER_KEY = 3
"""The length of limits.PROVIDER.NAME."""


def energy_of(config: Config) -> EnergySettings:
    """What local models cost. Watts that the person didn't write down are only assumed."""
    return EnergySettings(
        watts=config.number("local", "watts"),
        watts_assumed=config.given("local", "watts") is None,
        usd_a_kwh=config.number("local", "usd_a_kwh"),
        hardware_usd=config.number("local", "hardware_usd"),
        life_years=config.number("local", "life_years"),
        use_percent=config.number("local", "use_percent"),
        tokens_a_second=config.number("local", "tokens_a_second"),
        prompt_tokens_a_second=config.number("local", "prompt_tokens_a_second"),
        load_seconds=config.number("local", "load_seconds"),
        loopback_servers=config.given("local", "loopback_servers") == "local",
    )


def limits_of(config: Config) -> dict[str, FlowLimits]:
    """How fast each provider may be asked, by its name."""
    found: dict[str, dict[str, int]] = {}
    for key, given in config.values.items():
        if key[0] == "limits" and len(key) == PROVIDER_KEY:
            found.setdefault(key[1], {})[key[2]] = int(given.value)
    return {provider: FlowLimits(**limits) for provider, limits in found.items()}


def configured(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the file's own; what is wrong in the file changes nothing here and is told elsewhere."""
    config = read_config(settings.config)
    if not environment.get("MNTUI_IDLE_SECONDS"):
        settings = replace(settings, idle_seconds=config.number("worker", "idle_seconds"))
    level = config.given("worker", "log_level")
    if level and not environment.get("MNTUI_LOG_LEVEL"):
        settings = replace(settings, log_level=str(level))
    return settings
