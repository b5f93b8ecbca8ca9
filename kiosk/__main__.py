"""``python -m kiosk --config kiosk.toml``: the kiosk's process, as its supervisor starts it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk.bootstrap import run_kiosk


def main() -> int:
    """Run until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kiosk", description="Run one kiosk of a service hall.")
    parser.add_argument("--config", type=Path, required=True, help="the kiosk's settings file")
    return run_kiosk(parser.parse_args().config)


if __name__ == "__main__":
    sys.exit(main())
