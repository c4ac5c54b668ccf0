"""`mntui serve`: the app in a browser of this machine, for pages that it gave out itself, and for nobody else."""

import io
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mntui.cli.app import main
from mntui.settings import Settings
from tests.homes import home_below

PATIENCE_SECONDS = 60
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with home_below(tmp_path_factory.mktemp("serve")) as settings:
        yield settings


@pytest.fixture(scope="module")
def url(settings: Settings) -> Iterator[str]:
    """Where a real `mntui serve` answers."""
    pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")
    environment = {**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT), "OLLAMA_HOST": "127.0.0.1:1"}
    command = [sys.executable, "-m", "mntui", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first, second = process.stdout.readline(), process.stdout.readline()
    assert "no password" in second
    yield first.split()[4]
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 130
    process.stdout.close()


def status_of(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_it_answers_on_loopback_with_a_page(url: str) -> None:
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url) as answer:
        page = answer.read().decode()
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert f"{url.replace('http', 'ws')}/ws" in page


def test_pages_from_elsewhere_cannot_open_it(url: str) -> None:
    port = url.rpartition(":")[2]
    assert status_of(url, Host=f"localhost:{port}") == 200
    assert status_of(f"{url}/ws", Origin="http://evil.example") == 403
    assert status_of(f"{url}/ws", Origin="null") == 403
    assert status_of(url, Host=f"evil.example:{port}") == 403


async def test_the_app_itself_is_behind_the_page(url: str) -> None:
    import aiohttp

    drawn = ""
    deadline = time.monotonic() + PATIENCE_SECONDS
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/ws?width=120&height=36", headers={"Origin": url}) as socket,
    ):
        while "asks" not in drawn or "ready" not in drawn:
            message = await socket.receive(timeout=max(deadline - time.monotonic(), 0))
            assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, message
            drawn += message.data.decode("utf-8", "replace") if isinstance(message.data, bytes) else message.data


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_other_hosts_are_refused_with_another_way(shell, host: str) -> None:
    told = shell("serve", "--host", host, "--json")
    assert told.code == 3
    assert told.json["error"]["code"] == "not_loopback"
    assert "ssh -L" in told.json["error"]["remedy"]


def test_a_port_that_is_taken_is_told(shell, url: str) -> None:
    told = shell("serve", "--port", url.rpartition(":")[2])
    assert told.code == 3
    assert "--port 0" in told.err


def test_without_the_extra_it_says_how_to_get_it(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    told = shell("serve", "--json")
    assert told.code == 3
    assert told.json["error"]["code"] == "missing_extra"
    assert "pip install" in told.json["error"]["remedy"]


def test_a_page_gets_the_app_where_a_script_gets_the_overview(shell) -> None:
    around = shell.around(io.StringIO(), out := io.StringIO(), io.StringIO())
    assert main([], around) == 0
    assert "mntui run" in out.getvalue()
    assert not around.in_browser
    driven = {**around.environment, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    assert replace(around, environment=driven).in_browser
