"""`python -m bench flashes FILM`: what measuring flashes and other picture measures costs beside the dense pass.

Two tables, CPU seconds a minute of film; every side is a process of its own, in turn, `--runs` times. First beside
decoding: in one thread, the pass is decoding and making the small pictures that the shot detector (48x27, all) and
camera motion (160x90, twelve a second) take anyway; the measures ride it and make none of their own. Then beside the
dense pass of an analysis as the default plan runs it, with the shot detector and all else that watches or hears the
whole film. There the measures are so small a part that the difference of two runs drowns in what runs scatter by; what
their own threads took of the CPU is told too. `--height` makes the film that tall first (H.264, in a folder that is
thrown away).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import av
from rich.console import Console
from rich.table import Table

from bench._measure import Taken, in_process

ALONE, CARRYING = "decoding alone", "the pass"
SIDES = {
    ALONE: "",
    CARRYING: "tiny,gray",
    "with flashes": "tiny,gray,flashes",
    "with stripes": "tiny,gray,stripes",
    "with black, freeze and light": "tiny,gray,quality",
    "with all of them": "tiny,gray,flashes,stripes,quality",
}
MEASURES = ("flashes", "stripes", "quality")
BARE, WHOLE = "an analysis without picture measures", "an analysis"


def scaled(film: str, height: int, seconds: float, folder: str) -> str:
    """The beginning of a film at another height, as H.264."""
    to = str(Path(folder) / f"{Path(film).stem}_{height}.mp4")
    with av.open(film) as source, av.open(to, "w") as made:
        shown = source.streams.video[0]
        width = round(shown.width * height / shown.height / 2) * 2
        stream = made.add_stream("libx264", rate=shown.average_rate, options={"crf": "21", "preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in source.decode(shown):
            if frame.time is not None and frame.time >= seconds:
                break
            smaller = frame.reformat(width, height, "yuv420p")
            made.mux(stream.encode(smaller))
        made.mux(stream.encode())
    return to


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench flashes", description=__doc__)
    parser.add_argument("film")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--height", type=int, default=0, help="make it so tall first; 0 leaves it as it is")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the film that is made")
    given = parser.parse_args()
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        film = scaled(given.film, given.height, given.seconds, folder) if given.height else given.film
        found: dict[str, list[Taken]] = {name: [] for name in (*SIDES, BARE, WHOLE)}
        for run in range(given.runs):
            for name, runs in found.items():
                with console.status(f"run {run + 1} of {given.runs}: {name}"):
                    without = ",".join(MEASURES) if name == BARE else ""
                    call = ("bench._riding", film, SIDES[name]) if name in SIDES else ("bench._dense", film, without)
                    runs.append(in_process(*call))
    alone = found[ALONE][0].says
    minutes = alone["seconds"] / 60
    about = f"{Path(film).name}, {alone['size']}, {60 * minutes:.0f} s, medians of {given.runs}"
    console.print(beside_decoding(found, minutes, about), analysis(found, minutes, about))


def beside_decoding(found: dict[str, list[Taken]], minutes: float, about: str) -> Table:
    """Measures beside decoding alone and beside the pass that they ride, in one thread."""
    table = Table(title=f"Beside decoding: {about}")
    for column in ("", "CPU s a minute", "more than the pass", "of decoding", "of the pass"):
        table.add_column(column, justify="right" if column else "left")
    for name in SIDES:
        runs = found[name]
        told = [f"{median(t.cpu for t in runs) / minutes:.2f}", "", "", ""]
        if name not in (ALONE, CARRYING):
            # Within each run, so that a machine that gets slower meanwhile slows both sides.
            sides = list(zip(runs, found[CARRYING], found[ALONE], strict=True))
            told[1] = f"{median(t.cpu - passed.cpu for t, passed, _ in sides) / minutes:.2f}"
            told[2] = f"{median((t.cpu - passed.cpu) / only.cpu for t, passed, only in sides):.0%}"
            told[3] = f"{median((t.cpu - passed.cpu) / passed.cpu for t, passed, _ in sides):.0%}"
        table.add_row(name, *told)
    return table


def analysis(found: dict[str, list[Taken]], minutes: float, about: str) -> Table:
    """Measures beside all that the default plan does in its dense pass."""
    table = Table(title=f"In the dense pass of an analysis: {about}")
    for column in ("", "CPU s a minute", "of the pass with them", "of decoding alone"):
        table.add_column(column, justify="right" if column else "left")
    bare, whole, decoding = found[BARE], found[WHOLE], found[ALONE]
    table.add_row("the pass without picture measures", f"{median(t.cpu for t in bare) / minutes:.2f}", "", "")
    table.add_row("the pass with them", f"{median(t.cpu for t in whole) / minutes:.2f}", "", "")
    parts = {"their own threads": [sum(t.says["own"].get(name, 0.0) for name in MEASURES) for t in whole]}
    parts |= {f"- {name}": [t.says["own"].get(name, 0.0) for t in whole] for name in MEASURES}
    parts["the difference of two runs"] = [a.cpu - b.cpu for a, b in zip(whole, bare, strict=True)]
    for name, took in parts.items():
        of_pass = median(cpu / t.cpu for cpu, t in zip(took, whole, strict=True))
        of_decoding = median(cpu / t.cpu for cpu, t in zip(took, decoding, strict=True))
        table.add_row(name, f"{median(took) / minutes:.2f}", f"{of_pass:.1%}", f"{of_decoding:.0%}")
    return table


main()
