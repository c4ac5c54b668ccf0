"""`mntui models`: what would answer on this machine, what else there is, and why the rest can't be used."""

from contextlib import aclosing

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, refuse, wrong_usage
from mntui.cli.output import Session, paint
from mntui.config.file import read_config
from mntui.core.frozen import frozen
from mntui.models import extractive, scripted
from mntui.models.base import ModelFailure
from mntui.models.catalog import GET_A_MODEL, Models
from mntui.models.machine import model_settings
from mntui.models.ollama_host import Installed
from mntui.models.providers import PROVIDERS

_GIGABYTE = 1 << 30
_STEP_PERCENT = 5


@frozen
class Offer:
    """A model, or all of a provider, as a line."""

    id: str
    usable: bool
    about: str
    simulated: bool = False
    remedy: str = ""


def models(words: list[str]) -> Body:
    async def body(session: Session) -> int:
        if not words:
            return await _listed(session)
        if words[0] != "pull" or len(words) != 2:
            raise wrong_usage(f"mntui models {' '.join(words)} isn't understood", "mntui models pull NAME")
        return await _pulled(session, words[1].removeprefix("ollama/"))

    return body


def opened(session: Session) -> Models:
    """The models of this machine, as a worker started from here would find them."""
    prices = read_config(session.settings.config).prices()
    return Models(model_settings(session.around.environment, prices=prices))


async def _listed(session: Session) -> int:
    here = opened(session)
    try:
        offers = [*await _local(here), *await _clouds(here), *_builtin()]
        chosen = next(iter(await here.stand_by()), extractive.NAME)
    finally:
        await here.aclose()
    document = [
        {
            "id": offer.id,
            "simulated": offer.simulated,
            "usable": offer.usable,
            "about": ". ".join(filter(None, (offer.about, offer.remedy))),
        }
        for offer in offers
    ]
    lines = [f"Where nothing else is named, {paint(chosen, 'bold')} answers."]
    if chosen == extractive.NAME:
        lines.append(f"It is a stand-in, not a language model. {GET_A_MODEL}")
    for offer in offers:
        sign = paint("+", "green") if offer.usable else paint("-", "dim")
        lines.append(f"{sign} {paint(offer.id, 'bold')}  {offer.about}")
    lines.append("A key goes into the worker's environment: export NAME=…, then mntui worker stop.")
    session.answer(document, "\n".join(lines))
    return DONE


async def _local(here: Models) -> list[Offer]:
    found = await here.ollama()
    if found.problem is not None:
        return [Offer("ollama/NAME", usable=False, about=f"{found.problem.message}. {found.problem.remedy}")]
    if not found.models:
        return [Offer("ollama/NAME", usable=False, about="Ollama has no models yet: mntui models pull qwen3:4b")]
    return [Offer(f"ollama/{model.tag}", model.answers, _able(model)) for model in found.models]


def _able(model: Installed) -> str:
    if not model.answers:
        return "an embedding model: it writes no answers"
    said = ["local", f"{model.size_bytes / _GIGABYTE:.1f} GB" if model.size_bytes else ""]
    if model.shape.context_tokens:
        said.append(f"reads {model.shape.context_tokens:,} tokens")
    if model.capabilities is None:
        said.append("doesn't say what it can do")
    else:
        said.append("calls tools" if model.calls_tools else "can't call tools")
    return ", ".join(filter(None, said))


async def _clouds(here: Models) -> list[Offer]:
    offers = []
    for provider in PROVIDERS:
        refusal = await here.usable(f"{provider}/NAME")
        if refusal is None:
            offers.append(Offer(f"{provider}/NAME", usable=True, about="its key is set, or a server is named"))
        else:
            offers.append(Offer(f"{provider}/NAME", usable=False, about=refusal.reason, remedy=refusal.remedy))
    return sorted(offers, key=lambda offer: not offer.usable)


def _builtin() -> tuple[Offer, Offer]:
    about = "a stand-in, not a language model: it works offline by extracting from the real input"
    played = "plays back a file of answers, for tests; not a language model"
    return Offer(extractive.NAME, True, about, True), Offer(f"{scripted.NAME}:FILE", True, played, True)


async def _pulled(session: Session, tag: str) -> int:
    here = opened(session)
    told = ""
    try:
        async with aclosing(here.pull(tag)) as parts:
            async for status, so_far, in_all in parts:
                percent = 100 * so_far // in_all // _STEP_PERCENT * _STEP_PERCENT if in_all else 0
                line = f"{status}, {percent} % of {in_all / _GIGABYTE:.1f} GB" if in_all else status
                if line != told:
                    told = line
                    session.note(line)
    except ModelFailure as failure:
        raise refuse("model", failure.message, failure.remedy) from failure
    finally:
        await here.aclose()
    name = f"ollama/{tag}"
    document = [{"id": name, "simulated": False, "usable": True, "about": "pulled"}]
    session.answer(document, f"{paint(name, 'bold')} is there: mntui run BLUEPRINT --model {name}")
    return DONE
