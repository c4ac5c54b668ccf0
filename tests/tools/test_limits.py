import os
import subprocess
import sys

from mntui.tools.limits import ProcessLimits, limits_in

FORKING = """
import ctypes, os, sys, time  # Before another user may no longer look for them.
from mntui.tools.limits import ProcessLimits, put_in_force
if os.getuid() == 0:
    os.setuid(12345)  # Nothing limits root.
put_in_force(ProcessLimits(processes=5))
made = 0
try:
    while made < 50:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except BlockingIOError:
    pass
print(made, flush=True)
os.killpg(0, 9)
"""


def test_limits_travel_as_text():
    limits = ProcessLimits(1, 2, 3)
    assert limits_in(limits.written()) == limits


def test_a_tool_that_forks_and_forks_is_stopped_by_the_system():
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", FORKING]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, start_new_session=True, check=False)
    assert 0 < int(done.stdout or 0) < 50, done.stderr


ADOPTING = """
import os, subprocess, sys, time
from mntui.tools.limits import ProcessLimits, end_children, put_in_force
put_in_force(ProcessLimits(processes=1000))
code = "import os, sys, time; os.setsid(); print(os.getpid(), flush=True); os.fork() and os._exit(0); print(os.getpid(), flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
pids = [int(child.stdout.readline()) for _ in range(2)]
end_children()
child.wait()
def state():
    try:
        return open(f"/proc/{pids[1]}/stat").read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"
for _ in range(1000):
    if state() in ("Z", "gone"):
        break
    time.sleep(0.005)
else:
    os.kill(pids[1], 9)
    sys.exit("it lives on")
print("gone")
"""


def test_a_child_that_left_its_group_and_its_parent_is_ended_too():
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", ADOPTING], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "gone", done.stderr
