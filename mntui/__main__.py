"""`mntui`, as a program."""

import sys

from mntui.cli.app import main as run_command
from mntui.cli.exits import crash_hook
from mntui.cli.opening import of_process


def main() -> None:
    arguments = sys.argv[1:]
    sys.excepthook = crash_hook(json="--json" in arguments)
    sys.exit(run_command(arguments, of_process()))


if __name__ == "__main__":
    main()
