"""Looks into a built wheel: everything that the package reads at run time must be in it, and nothing else."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def problems(wheel: Path) -> list[str]:
    """What is wrong with the wheel; nothing where it is right."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    source = ROOT / "src"
    wanted = {
        str(path.relative_to(source))
        for path in (source / "cinedex").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in names if not name.partition("/")[0].endswith(".dist-info")}
    licence = any(name.endswith("licenses/LICENSE") for name in names)
    return [
        *(f"missing: {name}" for name in sorted(wanted - inside)),
        *(f"does not belong: {name}" for name in sorted(inside - wanted)),
        *([] if "cinedex/py.typed" in names else ["missing: py.typed"]),
        *([] if licence else ["missing: the licence"]),
    ]


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]))
    sys.stdout.write("\n".join([*found, f"{sys.argv[1]}: {len(found)} problems"]) + "\n")
    sys.exit(bool(found))
