"""`python -m hybridmet`, and the entry point of the command `hybridmet`."""

import sys


def main() -> None:
    from hybridmet.cli import main as command_line

    sys.exit(command_line())


if __name__ == "__main__":
    main()
