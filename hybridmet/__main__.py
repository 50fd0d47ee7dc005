"""`python -m hybridmet`, and the entry point of the command `hybridmet`."""

import sys

STOPPED_AT_ONCE = 1
"""Exit code of a command that a signal ended before it could finish a step."""


def main() -> None:
    try:
        from hybridmet.cli import main as command_line

        code = command_line()
    except KeyboardInterrupt:
        print("hybridmet: stopped at once; the last output may be incomplete", file=sys.stderr)
        code = STOPPED_AT_ONCE
    sys.exit(code)


if __name__ == "__main__":
    main()
