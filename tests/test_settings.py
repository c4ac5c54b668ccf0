import os
import stat
import tempfile
from pathlib import Path

import pytest

from mntui.settings import SOCKET_PATH_BYTES, Settings, SettingsProblem, prepare_folders, read_settings

AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_of_a_home_lies_in_it_and_the_socket_does_not(tmp_path: Path):
    settings = read_settings({"MNTUI_HOME": str(tmp_path / "home")})
    assert settings.home == tmp_path / "home"
    inside = [settings.journal, settings.runs, settings.blueprints, settings.worker_log, settings.worker_lock]
    assert all(path.parent == settings.home for path in inside)
    assert not settings.socket.is_relative_to(settings.home)


def test_a_home_on_the_command_line_wins(tmp_path: Path):
    assert read_settings({"MNTUI_HOME": "/elsewhere"}, tmp_path).home == tmp_path


def test_without_a_home_the_platforms_data_folder_is_used():
    assert read_settings({}).home.name == "mntui"


def test_two_names_of_one_home_have_one_socket(tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert read_settings({}, tmp_path / "link").socket == read_settings({}, tmp_path / "home").socket
    assert read_settings({}, tmp_path / "other").socket != read_settings({}, tmp_path / "home").socket


def test_the_socket_lies_in_the_sessions_folder_where_it_is_ours(tmp_path: Path):
    session = Path(tempfile.mkdtemp(prefix="s"))
    settings = read_settings({"XDG_RUNTIME_DIR": str(session)}, tmp_path)
    assert settings.socket.parent.parent == session / "mntui"
    session.rmdir()
    assert not read_settings({"XDG_RUNTIME_DIR": str(session)}, tmp_path).socket.is_relative_to(session)


def test_a_path_too_long_for_a_socket_is_left_for_a_shorter_one(tmp_path: Path):
    session = tmp_path / ("x" * 100)
    session.mkdir()
    settings = read_settings({"XDG_RUNTIME_DIR": str(session)}, tmp_path / ("y" * 200))
    assert len(os.fsencode(settings.socket)) < SOCKET_PATH_BYTES


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MNTUI_LOG_LEVEL", "LOUD"),
        ("MNTUI_IDLE_SECONDS", "soon"),
        ("MNTUI_IDLE_SECONDS", "-1"),
        ("MNTUI_IDLE_SECONDS", "nan"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_a_remedy(name: str, text: str):
    with pytest.raises(SettingsProblem, match=name) as caught:
        read_settings({name: text})
    assert caught.value.remedy


def test_a_child_reads_the_same_settings(tmp_path: Path):
    settings = Settings(tmp_path / "h", tmp_path / "r", "DEBUG", "log.sync:3", 1.5)
    assert read_settings(settings.environment()) == settings


def test_folders_are_made_private_and_stay_so(tmp_path: Path):
    settings = Settings(tmp_path / "a" / "home", tmp_path / "run")
    prepare_folders(settings)
    prepare_folders(settings)
    assert mode_of(settings.home) == mode_of(settings.runtime) == 0o700


def test_an_open_home_is_closed_to_others(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "worker.lock").touch()
    prepare_folders(Settings(home, tmp_path / "run"))
    assert mode_of(home) == 0o700


def test_an_open_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path):
    home = tmp_path / "project"
    home.mkdir(mode=0o755)
    (home / "code.py").touch()
    with pytest.raises(SettingsProblem, match="can be read by other users") as caught:
        prepare_folders(Settings(home, tmp_path / "run"))
    assert f"chmod 700 {home}" in caught.value.remedy
    assert mode_of(home) == 0o755


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/tmp")], ids=["file", "symlink"])
def test_a_runtime_folder_that_is_no_folder_is_refused(tmp_path: Path, make):
    make(tmp_path / "run")
    with pytest.raises(SettingsProblem):
        prepare_folders(Settings(tmp_path / "home", tmp_path / "run"))


@AS_ROOT
def test_a_folder_of_another_user_is_refused_with_a_remedy(tmp_path: Path):
    (tmp_path / "run").mkdir(mode=0o700)
    os.chown(tmp_path / "run", 65534, 65534)
    with pytest.raises(SettingsProblem, match="belongs to another user") as caught:
        prepare_folders(Settings(tmp_path / "home", tmp_path / "run"))
    assert "XDG_RUNTIME_DIR" in caught.value.remedy
