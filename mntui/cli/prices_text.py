"""What `mntui prices` says. An unknown price is an error with near names, and never a zero."""

from difflib import get_close_matches

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, refuse
from mntui.cli.models_command import opened
from mntui.cli.output import Session, paint
from mntui.core.money import usd
from mntui.core.values import Json
from mntui.models.catalog import Models
from mntui.models.prices import Price

_COLUMNS = ("input", "cached", "written", "output", "thinking")


def prices(model: str) -> Body:
    async def body(session: Session) -> int:
        here = opened(session)
        price = here.price(model)
        if price is None:
            raise refuse("unknown_price", f"nobody here knows what {model} costs", _near(here, model))
        document = {"id": model, "table": price.table, **_document(price)}
        document["tiers"] = [{"above_tokens": tier.above_tokens, **_document(tier.price)} for tier in price.tiers]
        session.answer(document, "\n".join(_lines(model, price)))
        return DONE

    return body


def _document(price: Price) -> dict[str, Json]:
    """Micro-dollars per million tokens; null where the table doesn't say, so that the rule of `Price` holds."""
    return {f"{name}_micros": getattr(price, f"{name}_micros") for name in _COLUMNS}


def _lines(model: str, price: Price) -> list[str]:
    lines = [f"{paint(model, 'bold')}  per million tokens: {_row(price)}"]
    lines += [f"  above {tier.above_tokens:,} tokens of input: {_row(tier.price)}" for tier in price.tiers]
    return [*lines, f"  by {price.table}"]


def _row(price: Price) -> str:
    stated = ((name, getattr(price, f"{name}_micros")) for name in _COLUMNS)
    return ", ".join(f"{name} {usd(micros)}" for name, micros in stated if micros is not None)


def _near(here: Models, model: str) -> str:
    provider, _, rest = model.rpartition("/")
    if provider == "ollama":
        return f'It runs on this machine; a price of your own goes into config.toml: [prices."{model}"]'
    known = here.table.like(rest[:5]) if rest else ()
    near = get_close_matches(rest, known, 3, 0.5)
    meant = f"Near: {', '.join(near)}. " if near else ""
    return f'{meant}A price of your own goes into config.toml: [prices."{model}"]'
