"""Large values, fetched by their digest when they are really shown."""

from collections.abc import Mapping

from mntui.cli.exits import Refusal
from mntui.core.events import Stored
from mntui.core.messages import AskPayload, Denied, Payload
from mntui.core.values import Json, Ref
from mntui.engines.base import Engine


async def fetched(engine: Engine, value: Stored) -> Json:
    """A value whole, and the values in it. Raises Refusal."""
    if isinstance(value, Ref):
        reply = await engine.query(AskPayload(value.digest))
        if isinstance(reply, Denied):
            raise Refusal(reply)
        assert isinstance(reply, Payload)
        return reply.value
    if isinstance(value, Mapping):
        return {key: await fetched(engine, item) for key, item in value.items()}
    return value
