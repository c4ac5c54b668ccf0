"""What the app asks of this machine: which models could serve, with their prices, and what ails it."""

import asyncio
from collections.abc import Iterable

from mntui.cli.doctor import checked
from mntui.cli.models_command import opened
from mntui.cli.output import Session
from mntui.core.money import usd
from mntui.models import extractive
from mntui.models.catalog import Models
from mntui.models.prices import Price
from mntui.ui.given import Checked, ModelOffer


async def offers(session: Session, preferred: Iterable[str]) -> tuple[ModelOffer, ...]:
    """What a role could be bound to: what its blueprint prefers, what is installed here, the stand-in."""
    here = opened(session)
    try:
        names = dict.fromkeys([*preferred, *await here.stand_by(), extractive.NAME])
        return tuple([ModelOffer(name, await _about(here, name)) for name in names])
    finally:
        await here.aclose()


async def _about(here: Models, name: str) -> str:
    refusal = await here.usable(name)
    if refusal is not None:
        return f"can't serve: {refusal.reason}"
    if name == extractive.NAME:
        return "a stand-in, not a language model; costs nothing"
    await here.learn(name)
    return _price(here.price(name)) if not here.is_local(name) else "local; costs the energy it takes"


def _price(price: Price | None) -> str:
    if price is None:
        return "nobody here knows its price"
    return f"{usd(price.input_micros)} in, {usd(price.output_micros)} out, a million tokens"


async def checkup(session: Session) -> tuple[Checked, ...]:
    """The doctor's findings. It times the disk, so it works beside the screen's thread."""
    found = await asyncio.to_thread(asyncio.run, checked(session))
    return tuple(Checked(each.id, each.status, each.said, each.remedy) for each in found)
