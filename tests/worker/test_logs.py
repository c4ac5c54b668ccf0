import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, os, sys
from pathlib import Path
from mntui.worker import logs
logs.LOG_BYTES = 2000
logs.log_to_file(Path(sys.argv[1]), "INFO")
logging.debug("not shown")
for n in range(120):
    logging.info("line %d", n)
print("printed", flush=True)
os.write(2, b"from below\\n")
raise SystemExit("the end")
"""


def test_a_log_is_kept_in_three_files_and_standard_output_goes_into_the_newest(tmp_path: Path):
    log = tmp_path / "worker.log"
    run = subprocess.run([sys.executable, "-c", PROGRAM, log], capture_output=True, check=False, timeout=30)
    assert (run.stdout, run.stderr) == (b"", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["worker.log", "worker.log.1", "worker.log.2"]
    newest = log.read_text()
    assert all(text in newest for text in ("line 119", "printed", "from below", "the end"))
    assert "not shown" not in newest
