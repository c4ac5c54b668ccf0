"""`mntui`, as a program."""

import os
import sys

from mntui.cli.app import main as run_command
from mntui.cli.bugs import crash_hook
from mntui.cli.opening import of_process


def main() -> None:
    if sys.platform == "win32":
        sys.exit("mntui runs on Linux and macOS. On Windows, start it inside WSL (Windows Subsystem for Linux).")
    arguments = sys.argv[1:]
    sys.excepthook = crash_hook(arguments, os.environ)
    sys.exit(run_command(arguments, of_process()))


if __name__ == "__main__":
    main()
