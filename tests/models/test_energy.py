"""What local models cost: seconds of work, in whole micro-dollars, with its assumptions named."""

import pytest

from mntui.core.money import Cost, Usage
from mntui.models.catalog import Models, Settings
from mntui.models.energy import EnergySettings, energy_cost

PLAIN = EnergySettings(
    watts=360, watts_assumed=False, usd_a_kwh=0.5, hardware_usd=3153.6, life_years=1, use_percent=100
)
"""50 micro-dollars of energy and 100 of hardware a second."""
TIMINGS = {"load_ns": 1_000_000_000, "prefill_ns": 500_000_000, "generate_ns": 2_500_000_000, "total_ns": 9_000_000_000}


def test_energy_and_hardware_are_told_apart_and_add_up() -> None:
    cost = energy_cost(PLAIN, 4_000_000, estimated=False)
    assert (cost.micros, cost.energy_micros, cost.hardware_micros) == (600, 200, 400)


def test_half_a_micro_dollar_is_rounded_up() -> None:
    assert energy_cost(PLAIN, 10_000, estimated=False).energy_micros == 1
    assert energy_cost(PLAIN, 9_999, estimated=False).energy_micros == 0


def test_watts_that_nobody_wrote_down_are_named_as_assumed() -> None:
    assert "100 W assumed" in EnergySettings().table
    assert "360 W as configured" in PLAIN.table


def models(**more: object) -> Models:
    return Models(Settings(energy=PLAIN, **more))  # type: ignore[arg-type]


def test_measured_seconds_are_billed_as_they_are_and_the_total_of_the_server_is_not_counted_twice() -> None:
    cost = models().bill("ollama/m", Usage(50, output_tokens=5), TIMINGS, 99_000_000)
    assert (cost.micros, cost.estimated) == (600, False)


def test_without_measured_seconds_the_time_of_the_call_counts_and_is_an_estimate() -> None:
    assert models().bill("ollama/m", Usage(), {}, 4_000_000) == Cost(600, True, PLAIN.table, 200, 400)


@pytest.mark.parametrize(
    ("name", "price"),
    [("ollama/big:120b-cloud", None), ("ollama/own", 3), ("openai/gpt-5.4-mini", 53), ("builtin/extractive", 0)],
)
def test_what_runs_elsewhere_or_has_a_price_of_ones_own_is_not_priced_by_energy(name: str, price: int | None) -> None:
    own = models(prices={"ollama/own": {"input": 1, "output": 1}})
    usage = Usage(1, output_tokens=2) if "own" in name else Usage(10, output_tokens=10)
    assert own.bill(name, usage, TIMINGS, 1).micros == price


@pytest.mark.parametrize(("loopback", "micros"), [(True, 600), (False, None)])
def test_a_server_on_this_machine_is_local_where_the_person_says_so(loopback: bool, micros: int | None) -> None:
    energy = EnergySettings(**{**{n: getattr(PLAIN, n) for n in PLAIN.__slots__}, "loopback_servers": loopback})
    here = Models(Settings(environment={"CUSTOM_BASE_URL": "http://127.0.0.1:8080/v1"}, energy=energy))
    assert here.bill("custom/tiny", Usage(1), {}, 4_000_000).micros == micros


def test_the_worst_case_goes_by_assumed_speeds_until_the_model_was_measured_and_then_by_its_slowest() -> None:
    local = models()
    most = Usage(1000, output_tokens=100)
    # 1000 / 100 + 100 / 10 + 30 seconds of loading.
    assert local.worst("ollama/m", most).micros == 50 * 150
    fast = {"prefill_ns": 1_000_000_000, "generate_ns": 1_000_000_000}
    local.bill("ollama/m", Usage(500, output_tokens=50), fast, 1)
    assert local.worst("ollama/m", most).micros == 34 * 150
    local.bill("ollama/m", Usage(250, output_tokens=50), fast, 1)
    local.bill("ollama/m", Usage(900, output_tokens=90), fast, 1)
    assert local.worst("ollama/m", most).micros == 36 * 150
