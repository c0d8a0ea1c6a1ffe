"""`python -m bench NAME ...`: run one benchmark by name."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

NAMES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))

if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
    sys.exit(f"usage: python -m bench {{{','.join(NAMES)}}} ...")
sys.argv = [f"bench {sys.argv[1]}", *sys.argv[2:]]
runpy.run_module(f"bench.{Path(sys.argv[0].split()[1]).name}", run_name="__main__")
