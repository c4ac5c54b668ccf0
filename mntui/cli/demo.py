"""`mntui demo`: a recording that comes with mntui, played in the app. No worker is started, nothing of yours is read.

The app gets a home that is thrown away, and the recording's own clock: what stands on the screen is what stood there.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, refuse
from mntui.cli.output import Session
from mntui.cli.screen_command import given_of
from mntui.core.messages import Sees
from mntui.core.values import Json
from mntui.engines.playing import MICROS, Playing
from mntui.engines.recorded import RecordedEngine
from mntui.engines.recording import Recording, recording_of
from mntui.settings import Settings
from mntui.ui.demo import open_demo
from mntui.ui.given import Given
from mntui.wire.bundle import read_bundle
from mntui.wire.codec import from_plain

FOLDER: Final = Path(__file__).parent.parent / "recordings"
FIRST: Final = "invoice-reconcile"
SPEED: Final = 0.5
"""Most steps of a recording take less than a person needs to see them go."""
NOTICE: Final = "Recorded, replayed: nothing is called or decided.  p hold  < > speed  q leave"


def demo(name: str) -> Body:
    async def body(session: Session) -> int:
        recording = read_recording(name or FIRST)
        if session.json or not session.around.interactive:
            session.answer(_document(), _text())
            return DONE
        return await _play(session, recording)

    return body


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.bundle"))


def read_recording(name: str) -> Recording:
    """Raises Refusal where there is none of that name."""
    if name not in names():
        raise refuse("unknown_recording", f"there is no recording called {name}", f"There is: {', '.join(names())}.")
    seen = json.loads((FOLDER / f"{name}.sees.json").read_text(encoding="utf-8"))
    return recording_of(read_bundle(_file(name).read_bytes()), {path: _sees(told) for path, told in seen.items()})


def _file(name: str) -> Path:
    return FOLDER / f"{name}.bundle"


def _sees(told: Json) -> Sees:
    return from_plain(Sees, {key: value for key, value in told.items() if key != "run"})


async def _play(session: Session, recording: Recording) -> int:
    playing = Playing(recording, time.monotonic, SPEED)
    with tempfile.TemporaryDirectory(prefix="mntui-demo-") as home:
        return await open_demo(_given(session, recording, playing, Path(home)), playing.faster)


def _given(session: Session, recording: Recording, playing: Playing, home: Path) -> Given:
    @asynccontextmanager
    async def engine() -> AsyncIterator[RecordedEngine]:
        player = asyncio.ensure_future(playing.play())
        try:
            yield RecordedEngine(recording, playing)
        finally:
            player.cancel()

    usual = given_of(session.around, Settings(home, home), str(home), ascii_only=False)
    return replace(usual, open_engine=engine, cwd=home, now=playing.now, opens=playing.run.name, notice=NOTICE)


def _document() -> list[Json]:
    return [_one(name, read_recording(name)) for name in names()]


def _one(name: str, recording: Recording) -> Json:
    first, last = recording.facts[0], recording.facts[-1]
    seconds = round((last.at - first.at) / MICROS, 1)
    file = str(_file(name))
    return {"id": name, "run": recording.bundle.run, "facts": len(recording.facts), "seconds": seconds, "file": file}


def _text() -> str:
    lines = [f"{name}: a recorded run; `mntui demo {name}` plays it in a terminal" for name in names()]
    proofs = [f"Without one: `mntui replay {_file(name)}` proves what was recorded" for name in names()]
    return "\n".join(lines + proofs)
