"""A real terminal (tmux) with the real program in it: keys go in, and what stands on the screen comes out."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mntui.ui.guard import ALONE_SECONDS, DEAD_SECONDS

PATIENCE_SECONDS = 90.0
LOOK_SECONDS = 0.03
PANE = ":0.0"
ENV = ("env", "-u", "COLUMNS", "-u", "LINES")
"""Whoever runs the tests has a terminal of another size."""
TOO_SOON = ("only just appeared", "That was too fast", "only just come back", "Keys came too fast")


def there_is_tmux() -> bool:
    return shutil.which("tmux") is not None


class Terminal:
    """One tmux server of its own; `seen` are all screens looked at while waiting, each once in a row."""

    def __init__(self, folder: Path, environment: Mapping[str, str], width: int = 120, height: int = 36) -> None:
        self._server = f"mntui-{uuid.uuid4().hex[:8]}"
        self._folder = folder
        self._environment = environment
        self._size = (width, height)
        self._is_up = False
        self.seen: list[str] = []

    def open(self, command: Sequence[str]) -> None:
        """A program in the first window; what it said last stays there when it ends."""
        width, height = self._size
        set_ = [f"{name}={value}" for name, value in self._environment.items()]
        size = ["-x", str(width), "-y", str(height), "-c", str(self._folder)]
        if self._is_up:
            self._tmux("respawn-pane", "-t", PANE, *ENV, *set_, *command)
            return
        keeps = [";", "set-option", "-g", "remain-on-exit", "on"]
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, *ENV, *set_, *command, *keeps)
        self._is_up = True

    def beside(self, command: str) -> None:
        """A shell command in another window of the same terminal."""
        self._tmux("new-window", "-d", "-c", str(self._folder), command)

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", "-t", PANE, *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-t", PANE, "-l", text)

    @property
    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-t", PANE)

    @property
    def coded(self) -> str:
        """The screen with the codes for its colours."""
        return self._tmux("capture-pane", "-e", "-p", "-t", PANE)

    @property
    def has_ended(self) -> bool:
        return self._tmux("display-message", "-p", "-t", PANE, "#{pane_dead}").strip() == "1"

    def sees(self, *words: str) -> str:
        """Wait until all these words stand on the screen at once."""
        return self.until(lambda screen: all(word in screen for word in words), " + ".join(words))

    def until(self, holds: Callable[[str], bool], what: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            screen = self.screen
            if not self.seen or self.seen[-1] != screen:
                self.seen.append(screen)
            if holds(screen):
                return screen
            assert time.monotonic() < deadline, f"waited for {what}:\n{screen}"
            assert not self.has_ended, f"it ended while waited for {what}:\n{screen}"
            time.sleep(LOOK_SECONDS)

    def answers(self, key: str, words: str) -> str:
        """A key that the app is deaf to until its item has been looked at: look that long, and press it. Where it was
        refused all the same, as on a slow machine, once more.
        """
        while True:
            time.sleep(DEAD_SECONDS + ALONE_SECONDS)
            self.press(key)
            screen = self.until(lambda s: words in s or any(each in s for each in TOO_SOON), words)
            if words in screen:
                return screen

    def wait_ended(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.has_ended:
            assert time.monotonic() < deadline, f"it is still there:\n{self.screen}"
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], capture_output=True, check=False)

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-L", self._server, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
