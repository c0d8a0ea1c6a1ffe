"""Plain questions over a library of all films, recordings and clips of the evaluation data, as users type them.

`ask_questions.json` says what a person who has watched and read it all would cite. An answer is *good* where its first
citation is one of these, *found* where any is, *wrong* where none is. No answer is *honest* where there is nothing, and
*missed* where there is something. The parts: `tuned` were in sight while ask was made, `once` were asked once before
what they showed was mended (11 of the 20 were good or honest then, 3 found), `held` were never used to change anything
but one: that a short recording with a gunshot has nothing after it was seen there, and is minded since.
The questions about what is nowhere are in the same forms: any answer to one of them is false.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.quality.search_score import DATA, tell

from cinedex.library import Library
from cinedex.search.answer import Answer, supported
from cinedex.settings import Settings

ASKED = json.loads(Path(__file__).with_name("ask_questions.json").read_text("utf-8"))

FOLDERS = ("film", "ocr/burned_subs", "shots/composite_transitions.mp4", "speech", "audio_events")

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not (DATA / "film").exists(), reason="the evaluation data is not here"),
]

Right = Sequence[tuple[str, float, float]]


@pytest.fixture(scope="module")
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder, ready = tmp_path_factory.mktemp("everything"), request.config.getoption("--analysed")
    if ready is not None:
        shutil.copytree(ready, folder, dirs_exist_ok=True)
    made = Library(folder, settings=Settings.from_env(offline=True))
    known = {m.name for m in made.movies()}
    for place in FOLDERS:
        for path in sorted(p for p in [DATA / place, *(DATA / place).rglob("*")] if p.suffix in _MEDIA):
            if path.name not in known:
                made.analyze(path)
    return made


_MEDIA = {".mp4", ".webm", ".avi", ".flac", ".ogg", ".wav", ".mp3", ".aiff"}


def _verdict(answer: Answer, right: Right) -> str:
    if not answer.claims:
        return "missed" if right else "honest"
    if not right:
        return "false"
    first = answer.claims[0].cites[0]
    cited = [e for e in answer.evidence if any(_in(e.name, e.start.seconds, e.end.seconds, one) for one in right)]
    return "good" if any(e.number == first for e in cited) else "found" if cited else "wrong"


def _in(name: str, start: float, end: float, right: tuple[str, float, float]) -> bool:
    part, first, last = right
    return part in name and start < last and first < end


@pytest.mark.parametrize(("part", "least"), [("tuned", 6), ("once", 14), ("held", 5)])
def test_plain_questions(part: str, least: int, library: Library):
    asked = ASKED["questions"][part]
    answers = [library.ask(one["question"]) for one in asked]
    verdicts = [_verdict(a, one["right"]) for a, one in zip(answers, asked, strict=True)]
    claims = [(c, a) for a in answers for c in a.claims]
    tell(
        {f"{one['question']}": verdict for one, verdict in zip(asked, verdicts, strict=True)}
        | {
            "of these": f"{len(asked)}: {', '.join(f'{n} {v}' for v, n in Counter(verdicts).most_common())}",
            "claims": len(claims),
            "claims that their citations bear out": sum(supported(c, a.evidence) for c, a in claims),
            "films": len({m.id for m in library.movies()}),
        }
    )
    assert sum(v in {"good", "honest"} for v in verdicts) >= least, verdicts
    assert all(a.notes for a in answers if not a.claims), "nothing, and no word of why"


def test_who_says_what_to_whom_once_they_have_names(library: Library):
    """The first question of `tuned` again, after two characters of the trailer have been told apart by their names."""
    for number, name in ((2, "the old man"), (1, "the girl")):
        library.cast.name(f"sintel_trailer_480p_h264#{number}", name)
    answer = library.ask("what does the old man say to the girl")
    tell({c.text: [f"{e.name} {e.start.clock}" for e in answer.evidence if e.number in c.cites] for c in answer.claims})
    assert _verdict(answer, ASKED["questions"]["tuned"][0]["right"]) == "good"


@pytest.mark.parametrize("part", ["tuned", "once", "held"])
def test_what_is_nowhere_is_not_answered(part: str, library: Library):
    answered = {q: a.claims[0].text for q in ASKED["absent"][part] if (a := library.ask(q)).claims}
    asked = len(ASKED["absent"][part])
    tell({"asked": asked, "answered all the same": len(answered), **{f"false: {q}": t for q, t in answered.items()}})
    assert len(answered) <= 0.2 * asked, answered
