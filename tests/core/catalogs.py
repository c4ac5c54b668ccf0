"""Models by any name, with prices that a test hands in. Nothing is asked of anybody."""

from collections.abc import Mapping

from mntui.core.money import Cost, Usage
from mntui.models.base import Model
from mntui.models.catalog import Models, Refusal
from mntui.models.extractive import Extractive


class Priced(Models):
    """`micros` is what one call costs at most, by name; a model that isn't there has an unknown price."""

    def __init__(self, micros: Mapping[str, int] | None = None, absent: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._micros = micros or {}
        self._absent = absent

    def open(self, _name: str) -> Model:
        return Extractive()

    async def learn(self, name: str) -> None:
        pass

    async def usable(self, name: str, *, tools: bool = False) -> Refusal | None:
        return Refusal("it isn't there") if name in self._absent else None

    def worst(self, name: str, _usage: Usage) -> Cost:
        return Cost(self._micros.get(name))
