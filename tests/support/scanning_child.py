"""A kiosk without a window in a process of its own, to be killed: scans for ever and says what a person saw.

``python -m tests.support.scanning_child kiosk.toml CODES [early]``: scans each line of the file CODES, over
and over. The witness gets a line only after the answer came, as the screen would; ``early`` is the
planted fault of a screen that speaks before the record is durable.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from kiosk.bootstrap import build_kiosk, choose_witness
from kiosk.config import load_config
from kiosk.use_cases.answers import BadgeAccepted


def main() -> None:
    config = load_config(Path(sys.argv[1]))
    codes = Path(sys.argv[2]).read_text(encoding="ascii").split()
    is_early = sys.argv[3:] == ["early"]
    kiosk = build_kiosk(config)
    witness = choose_witness(config, kiosk.clock)
    kiosk.start()
    sys.stdout.write("scanning\n")
    sys.stdout.flush()
    for code in itertools.cycle(codes):
        seq = kiosk.journal.chains()[-1].head.seq + 1
        if is_early:
            witness.shown({"kind": "badge", "accepted": True, "seq": seq})
        answer = kiosk.scan_badge(code)
        if not is_early:
            witness.shown({"kind": "badge", "accepted": isinstance(answer, BadgeAccepted), "seq": seq})


if __name__ == "__main__":
    main()
