"""What an action is, as a digest, and when a person must see it first.

The digest is SHA-256 over canonical JSON of [format, tool, tool spec digest, arguments] for a call, and of
[format, kind, path, question, shown] for `approve` and `ask` steps. Effect keys and secrets' values are never in it.
"""

import hashlib
import uuid
from dataclasses import asdict
from functools import lru_cache

from mntui.core.language.expressions import check_template
from mntui.core.plan import ApproveWork, Plan, StepPlan, ToolSpec, ToolWork
from mntui.core.values import Json, digest_of

FORMAT = 1
EFFECT_NAMESPACE = uuid.UUID("6f6d6e74-7569-5566-8000-656666656374")


@lru_cache(maxsize=4096)
def effect_key(run_id: str, path: str, generation: int, call: str) -> str:
    """The idempotency key of an effect: the same on every attempt, another in another generation. A memo.

    What `uuid.uuid5` gives, which imports its hash anew on every call: spelled out it takes 3 µs instead of 26.
    """
    name = f"{run_id}/{path}/{generation}/{call}".encode()
    key = bytearray(hashlib.sha1(EFFECT_NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    key[6] = key[6] & 0x0F | 0x50
    key[8] = key[8] & 0x3F | 0x80
    digits = key.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def spec_digest(spec: ToolSpec) -> str:
    """The digest of what a tool claims to be: a tool that changed since it was shown is another tool."""
    described = asdict(spec)
    return digest_of({key: described[key] for key in ("use", "about", "parameters", "effect")})


def call_digest(tool: str, spec: str, arguments: Json) -> str:
    return digest_of([FORMAT, tool, spec, arguments])


def shown_digest(kind: str, path: str, question: str, shown: Json) -> str:
    return digest_of([FORMAT, kind, path, question, shown])


def standing_approval(plan: Plan, step: StepPlan) -> str:
    """The plan path of the `approve` step that stands for a tool step's own approval, or "" where none does.

    It stands only if every argument is exactly a reference to that step's output.
    """
    if not isinstance(step.work, ToolWork) or not step.work.arguments:
        return ""
    sources = {_approve_source(plan, step, value) for value in step.work.arguments.values()}
    return sources.pop() if len(sources) == 1 else ""


def _approve_source(plan: Plan, step: StepPlan, value: Json) -> str:
    if not isinstance(value, str) or not (value.startswith("{{") and value.endswith("}}")):
        return ""
    references = check_template(value)
    if len(references) != 1 or value[2:-2].strip() != ".".join(references[0].path):
        return ""
    scope = step.scope
    candidate = f"{scope}/{references[0].path[0]}" if scope else references[0].path[0]
    found = plan.steps.get(candidate)
    return (
        candidate if found is not None and isinstance(found.work, ApproveWork) and len(references[0].path) > 1 else ""
    )
