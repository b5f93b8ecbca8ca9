"""What programs would write into the home of whoever runs the tests goes into this clone's var/ instead."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[2] / "var" / "home"

for _variable, _folder in (("KIVY_HOME", "kivy"), ("XDG_CONFIG_HOME", "config")):
    (HOME / _folder).mkdir(parents=True, exist_ok=True)
    os.environ[_variable] = str(HOME / _folder)
