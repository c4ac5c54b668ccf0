"""Lots drawn from a seed, where a hypothesis test would draw them: for tests that need a life, not the search for one."""

import random
from typing import Any


class Draws:
    """Called with a hypothesis strategy of the few kinds that lives are made of."""

    def __init__(self, lots: random.Random) -> None:
        self.random = lots

    def __call__(self, strategy: Any) -> Any:
        while hasattr(strategy, "wrapped_strategy"):
            strategy = strategy.wrapped_strategy
        match type(strategy).__name__:
            case "SampledFromStrategy":
                return self.random.choice(list(strategy.elements))
            case "JustStrategy":
                return strategy.value
            case "BooleansStrategy":
                return self.random.random() < 0.5
            case "IntegersStrategy":
                return self.random.randint(strategy.start, strategy.end)
        raise TypeError(f"no lots for {strategy}")
