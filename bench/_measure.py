"""Running a piece of work in a process of its own, with what the system says it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Taken:
    """Wall and CPU seconds, peak resident memory in MiB, and what the work printed as its last line of JSON."""

    wall: float
    cpu: float
    peak: float
    says: Any = None


def in_process(module: str, *arguments: str, timeout: float = 3600) -> Taken:
    """Run `python -m module arguments` and wait for it; raises RuntimeError with its output where it fails."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, err = process.communicate(timeout=timeout)
        wall = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed ({process.returncode}):\n{out}\n{err}")
    told = json.loads(out.strip().splitlines()[-1])
    return Taken(told.pop("wall", wall), told.pop("cpu"), told.pop("peak"), told)


def report(began: float, **says: Any) -> None:
    """What a measured process prints at its end; `began` is `time.perf_counter()` at the start of the work itself."""
    own, children = os.times(), os.times()
    cpu = own.user + own.system + children.children_user + children.children_system
    print(json.dumps({"wall": time.perf_counter() - began, "cpu": cpu, "peak": peak(), **says}))


def peak() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the peak of a process's memory")


def middle(found: list[Taken]) -> Taken:
    """The medians of several runs."""
    return Taken(
        median(t.wall for t in found), median(t.cpu for t in found), max(t.peak for t in found), found[-1].says
    )
