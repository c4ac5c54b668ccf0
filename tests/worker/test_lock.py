import os
import subprocess
import sys
from pathlib import Path

from mntui.wire.holder import Holder, read_holder
from mntui.worker.lock import take_lock

HOLDER = Holder(os.getpid(), "0.1.0", 1, "/x.sock")


def test_only_one_holds_it_and_it_is_free_after(tmp_path: Path):
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    assert take_lock(tmp_path / "lock") is None
    lock.release()
    again = take_lock(tmp_path / "lock")
    assert again is not None
    again.release()


def test_the_note_says_who_holds_it_and_is_gone_after(tmp_path: Path):
    (tmp_path / "lock").write_text("a longer note that a dead worker left behind" * 9)
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    lock.sign(HOLDER)
    assert read_holder(tmp_path / "lock") == HOLDER
    lock.release()
    assert read_holder(tmp_path / "lock") is None


def test_a_process_that_is_killed_lets_go(tmp_path: Path):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from mntui.worker.lock import take_lock\n"
        "assert take_lock(Path(sys.argv[1]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "lock"], check=False)
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    lock.release()


def test_a_child_of_the_holder_does_not_keep_it(tmp_path: Path):
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        again = take_lock(tmp_path / "lock")
        assert again is not None
        again.release()
        child.communicate(b"\n")
