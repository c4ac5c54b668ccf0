"""What waits for a person, and answering it: approve, reject, respond, settle.

Nothing approves by itself. In a terminal the item is shown and asked for; a script proves by its digest what it read.
"""

from collections.abc import Callable

from mntui.cli import documents
from mntui.cli.ask_text import answer_lines, ask_text
from mntui.cli.codes import DONE, WAITING
from mntui.cli.control import send, tell_accepted
from mntui.cli.exits import Body, refuse, wrong_usage
from mntui.cli.finding import all_waiting, find_waiting, run_of_ask
from mntui.cli.output import Session
from mntui.cli.terminal import Terminal
from mntui.cli.values import by_schema, json_argument, named_values
from mntui.core import requests as r
from mntui.core.messages import Waiting
from mntui.core.run import Ask
from mntui.core.typed import RESOLUTIONS, Resolution, editable
from mntui.core.values import Json


def approvals() -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            waiting = await all_waiting(engine)
        session.answer([documents.waiting_document(each) for each in waiting], _approvals_text(waiting))
        return DONE

    return body


def _approvals_text(waiting: tuple[Waiting, ...]) -> str:
    if not waiting:
        return "Nothing waits for you."
    return "\n\n".join("\n".join([ask_text(w.ask, w.run), *_indented(answer_lines(w.ask, w.run))]) for w in waiting)


def _indented(lines: list[str]) -> list[str]:
    return [f"  $ {line}" for line in lines]


def approve(ask_id: str, digest: str, changes: list[str]) -> Body:
    async def body(session: Session) -> int:
        texts = named_values(changes, "--set")
        async with session.engine() as engine:
            waiting = await find_waiting(engine, ask_id)
            if waiting is None or waiting.ask.kind != "approval":
                # The run itself says what became of it: already decided, by whom and when, or of another kind.
                run, request = run_of_ask(ask_id), r.Approve(ask_id, digest)
            else:
                run = waiting.run
                request = r.Approve(ask_id, _read_digest(session, waiting.ask, digest), edits_of(waiting.ask, texts))
                if session.interactive and not await _confirmed(session, waiting, request):
                    session.note(f"Not approved; {ask_id} still waits.")
                    return WAITING
            accepted = await send(session, engine, run, request)
        tell_accepted(session, accepted, f"{ask_id} is approved; {accepted.run} goes on.")
        return DONE

    return body


def _read_digest(session: Session, ask: Ask, digest: str) -> str:
    """The digest of what was read: said by a script; in a terminal, of what is shown now."""
    if digest:
        return digest
    if session.interactive:
        return ask.digest
    remedy = f"Read it: mntui approvals --json. Then: mntui approve {ask.id} --digest DIGEST"
    raise refuse("digest_required", f"without a terminal, approving {ask.id} needs the digest of what was read", remedy)


def edits_of(ask: Ask, texts: dict[str, str]) -> dict[str, Json]:
    unknown = [name for name in texts if name not in ask.edit]
    if unknown:
        may = f"It may be {', '.join(ask.edit)}." if ask.edit else "Nothing in it may be edited."
        raise refuse("not_editable", f"{', '.join(unknown)} can't be edited in {ask.id}", may)
    schemas = {name: schema for name, (_, schema) in editable(ask).items()}
    return {name: by_schema(text, schemas[name], name) for name, text in texts.items()}


async def _confirmed(session: Session, waiting: Waiting, request: r.Approve) -> bool:
    ask = waiting.ask
    edited = {**ask.shown, **request.values} if isinstance(ask.shown, dict) else ask.shown
    session.note(ask_text(ask, waiting.run, edited))
    word = confirmation(ask)
    with Terminal(session.around.stdin, session.around.stderr) as terminal:
        await terminal.settle()
        return (await terminal.line(f"Approve? Type {word} and Enter, anything else leaves it: ")).strip() == word


def confirmation(ask: Ask) -> str:
    """What a person types to approve: a whole word where the effect can't be taken back."""
    return "yes" if ask.effect == "unsafe" else "y"


def reject(ask_id: str, reason: str, digest: str) -> Body:
    return _answering(lambda: r.Reject(ask_id, reason, digest), ask_id, f"{ask_id} is rejected.")


def respond(ask_id: str, value: str) -> Body:
    return _answering(lambda: r.Respond(ask_id, json_argument(value, "the answer")), ask_id, f"{ask_id} is answered.")


def settle(ask_id: str, resolution: str, result: str) -> Body:
    def request() -> r.Settle:
        value = json_argument(result, "--result") if result else None
        return r.Settle(ask_id, resolved(resolution), value)

    return _answering(request, ask_id, f"{ask_id} is settled as {resolution}.")


def resolved(word: str) -> Resolution:
    """One of the four words. Raises Refusal (wrong usage)."""
    for resolution in RESOLUTIONS:
        if word == resolution:
            return resolution
    raise wrong_usage(f"an effect in doubt isn't settled by {word}", f"Say one of {', '.join(RESOLUTIONS)}.")


def _answering(make: Callable[[], r.Request], ask_id: str, sentence: str) -> Body:
    async def body(session: Session) -> int:
        request = make()
        async with session.engine() as engine:
            waiting = await find_waiting(engine, ask_id)
            run = waiting.run if waiting is not None else run_of_ask(ask_id)
            accepted = await send(session, engine, run, request)
        tell_accepted(session, accepted, sentence)
        return DONE

    return body
