"""config.toml takes effect: in the worker's own settings, its limits, its models; and is never a reason not to start."""

from dataclasses import replace
from pathlib import Path

from world import Setting, World, denied

from mntui.core.messages import AskStatus, Start, WorkerStatus
from mntui.crash import no_crash
from mntui.settings import Settings
from mntui.worker.build import build_worker
from mntui.worker.configured import configured
from mntui.worker.runtime import Worker

ROLE = "models: {fast: {max_tokens: 50}}\nagents: {w: {role: executor, model: fast, instructions: 'Say it.'}}\nsteps: {s: {agent: w, with: {x: 1}}}\n"


def settings_with(tmp_path: Path, text: str) -> Settings:
    settings = Settings(tmp_path / "home", tmp_path / "run")
    settings.home.mkdir(mode=0o700)
    settings.config.write_text(text)
    return settings


def test_the_file_speaks_where_the_environment_is_silent(tmp_path):
    settings = settings_with(tmp_path, "[worker]\nidle_seconds = 5\nlog_level = 'DEBUG'\n")
    assert configured(settings, {}) == replace(settings, idle_seconds=5.0, log_level="DEBUG")
    assert configured(settings, {"MNTUI_IDLE_SECONDS": "600", "MNTUI_LOG_LEVEL": "INFO"}) == settings


def test_a_broken_file_changes_nothing(tmp_path):
    settings = settings_with(tmp_path, "[worker]\nidle_seconds = 'soon'\n")
    assert configured(settings, {}) == settings


async def status_of(worker: Worker) -> WorkerStatus:
    await worker.adopt()
    status = await worker.query(AskStatus())
    await worker.close()
    assert isinstance(status, WorkerStatus)
    return status


async def test_the_first_worker_of_a_home_writes_the_file_commented(tmp_path):
    settings = Settings(tmp_path / "home", tmp_path / "run")
    settings.home.mkdir(mode=0o700)
    status = await status_of(build_worker(settings, no_crash, lambda _error: None))
    assert settings.config.read_text().startswith("# mntui: settings of this home.")
    assert not [sentence for sentence in status.opening if "config" in sentence]


async def test_a_worker_starts_with_a_broken_file_and_says_so(tmp_path):
    settings = settings_with(tmp_path, "[limits]\ntool_calls_at_once = 0\n")
    status = await status_of(build_worker(settings, no_crash, lambda _error: None))
    (sentence,) = (each for each in status.opening if "config" in each)
    assert sentence.startswith("config.toml line 2: limits.tool_calls_at_once must be from 1 to 10,000")


async def test_limits_and_prices_of_the_file_are_the_workers(tmp_path):
    text = "[limits]\ntool_calls_at_once = 3\nmodel_calls_at_once = 2\n[prices.'openai/x']\ninput = 1\noutput = 2\n"
    worker = build_worker(settings_with(tmp_path, text), no_crash, lambda _error: None)
    assert worker._parts.tool_calls_at_once == 3
    assert worker._parts.models.calls_at_once("openai/x") == 2
    price = worker._parts.models.price("openai/x")
    assert price is not None
    assert price.input_micros == 1_000_000
    await status_of(worker)


async def test_a_role_is_bound_as_the_file_says_and_says_so(tmp_path):
    setting = Setting(tmp_path / "home", World())
    blueprint = setting.blueprint(ROLE)
    worker = setting.worker()
    await worker.adopt()
    (tmp_path / "home" / "config.toml").write_text("[models]\ndefault = 'nobody/x'\n")
    refused = denied(await worker.start(Start(blueprint, str(tmp_path), {})))
    assert "(config.toml line 2 (models.default) names it)" in refused.message
    (tmp_path / "home" / "config.toml").write_text("[blueprints.bench.models]\nfast = 'builtin/extractive'\n")
    started = await worker.start(Start(blueprint, str(tmp_path), {}))
    (bound,) = started.models
    assert (
        bound.why == "fast is served by builtin/extractive, as config.toml line 2 (blueprints.bench.models.fast) says"
    )
    await worker.close()


async def test_a_model_on_the_command_line_wins_over_the_file(tmp_path):
    setting = Setting(tmp_path / "home", World())
    blueprint = setting.blueprint(ROLE)
    (tmp_path / "home" / "config.toml").write_text("[models]\ndefault = 'nobody/x'\n")
    worker = setting.worker()
    await worker.adopt()
    for models in ({"": "builtin/extractive"}, {"fast": "builtin/extractive"}):
        started = await worker.start(Start(blueprint, str(tmp_path), {}, models))
        assert "--model" in started.models[0].why
    await worker.close()
