"""Which clouds there are: the keys they need, where they are, and what is in the way of using one, said before a call.

Nothing is asked of the network here but whether something answers at an address. A key is only looked for, by the name
that its provider gave it; no value of one is ever shown.
"""

import asyncio
import importlib.util
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from mntui.models.streaming import closed

Known = Callable[[], Container[str]]
"""Providers beyond those below, asked for only where a name isn't among them: finding them reads a large file."""

CUSTOM = "custom"
RESTART = "then `mntui worker stop`, so that the next worker sees it"
CONNECT_SECONDS = 5.0
NO_KEY = "none"
"""What is sent to a server of one's own that asks for no key: the libraries insist on some text."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`keys` are alternatives: all names of one of them must be set. `bases` name a server instead of the usual one."""

    keys: tuple[tuple[str, ...], ...]
    url: str = ""
    bases: tuple[str, ...] = ()
    needs: str = ""


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": Provider((("OPENAI_API_KEY",),), "https://api.openai.com/v1", ("OPENAI_BASE_URL", "OPENAI_API_BASE")),
        "anthropic": Provider(
            (("ANTHROPIC_API_KEY",),), "https://api.anthropic.com", ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE")
        ),
        "gemini": Provider((("GEMINI_API_KEY",), ("GOOGLE_API_KEY",)), "https://generativelanguage.googleapis.com"),
        "bedrock": Provider(
            (
                ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
                ("AWS_PROFILE",),
                ("AWS_BEARER_TOKEN_BEDROCK",),
                ("AWS_WEB_IDENTITY_TOKEN_FILE",),
                ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
            ),
            needs="boto3",
        ),
        "openrouter": Provider(
            (("OPENROUTER_API_KEY",),), "https://openrouter.ai/api/v1", ("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL")
        ),
        "azure": Provider((("AZURE_API_KEY", "AZURE_API_BASE"),)),
        "vertex_ai": Provider((("GOOGLE_APPLICATION_CREDENTIALS",), ("VERTEXAI_PROJECT",))),
        "mistral": Provider((("MISTRAL_API_KEY",),), "https://api.mistral.ai/v1"),
        "groq": Provider((("GROQ_API_KEY",),), "https://api.groq.com/openai/v1"),
        "deepseek": Provider((("DEEPSEEK_API_KEY",),), "https://api.deepseek.com"),
        "xai": Provider((("XAI_API_KEY",),), "https://api.x.ai/v1"),
        "together_ai": Provider((("TOGETHERAI_API_KEY",), ("TOGETHER_API_KEY",))),
        "fireworks_ai": Provider((("FIREWORKS_AI_API_KEY",), ("FIREWORKS_API_KEY",))),
        "perplexity": Provider((("PERPLEXITYAI_API_KEY",), ("PERPLEXITY_API_KEY",))),
        CUSTOM: Provider((), bases=("CUSTOM_BASE_URL",)),
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: `model` as litellm names it, the server where it isn't the usual one, and the key.

    `url` is where to knock; empty where that isn't known.
    """

    provider: str
    model: str
    url: str = ""
    base: str = ""
    key: str = field(default="", repr=False)


def provider_of(name: str, known: Known) -> Provider | None:
    """The provider of PROVIDER/NAME; one that only litellm knows is taken to want PROVIDER_API_KEY."""
    prefix, mark, rest = name.partition("/")
    if not (mark and rest):
        return None
    if prefix in PROVIDERS:
        return PROVIDERS[prefix]
    return Provider(((f"{prefix.upper()}_API_KEY",),)) if prefix in known() else None


def problem_with(name: str, environment: Mapping[str, str], known: Known) -> tuple[str, str] | None:
    """Why a cloud's model can't be called, and what to do about it; None where nothing is in the way."""
    provider = provider_of(name, known)
    if provider is None:
        return "no such provider is known", "A model's name is PROVIDER/NAME; `mntui models` lists providers."
    if provider.needs and importlib.util.find_spec(provider.needs) is None:
        return f"it needs the package {provider.needs}", f"pip install {provider.needs}"
    if _base(provider, environment):
        return None
    if not provider.keys:
        (variable,) = provider.bases
        return f"{variable} isn't set", f"export {variable}=http://HOST:PORT/v1, {RESTART}"
    if any(all(environment.get(key) for key in keys) for keys in provider.keys):
        return None
    named = " or ".join(" and ".join(keys) for keys in provider.keys[:3])
    first = " ".join(f"{key}=…" for key in provider.keys[0])
    return f"{named} isn't set", f"export {first}, {RESTART}"


def target_of(name: str, environment: Mapping[str, str]) -> Target:
    """Where a call of this model goes. What could be in the way was asked before."""
    prefix, _, rest = name.partition("/")
    provider = PROVIDERS.get(prefix, Provider(()))
    base = _base(provider, environment)
    if prefix == CUSTOM:
        return Target(prefix, f"openai/{rest}", base, base, environment.get("CUSTOM_API_KEY") or NO_KEY)
    # Keys that come in one piece are handed over; those of AWS and Google their own libraries find.
    alone = (keys[0] for keys in provider.keys if len(keys) == 1 and keys[0].endswith("_API_KEY"))
    key = next((environment[one] for one in alone if environment.get(one)), NO_KEY if base else "")
    return Target(prefix, name, base or provider.url, base, key)


def ready_providers(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The providers that could be called: their keys are there, or a server of one's own is named."""
    return tuple(name for name in PROVIDERS if problem_with(f"{name}/x", environment, frozenset) is None)


async def reach(url: str, environment: Mapping[str, str]) -> str:
    """Knock at a server: why it can't be reached, empty where it can. Behind a proxy only the proxy knows."""
    where = urlsplit(url)
    secure = where.scheme == "https"
    if not where.hostname or any(environment.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return ""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(where.hostname, where.port or (443 if secure else 80))
    except TimeoutError:
        return f"{where.netloc} doesn't answer"
    except OSError as error:
        return f"{where.netloc} can't be reached ({error.strerror or error})"
    await closed(writer)
    return ""


def _base(provider: Provider, environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in provider.bases if environment.get(name)), "")
