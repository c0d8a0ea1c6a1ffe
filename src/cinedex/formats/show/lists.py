"""What is known as short lists, each with how many more there are."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from cinedex.formats.colours import hexadecimal, palette
from cinedex.formats.facts import length, rhythm, top_tags
from cinedex.formats.heard import measures, speech_share
from cinedex.formats.seen import Names, characters, person_name, scenes_of, shares, stretches, words
from cinedex.formats.show.lines import clock, one_line, rest, said, title, wrapped
from cinedex.formats.spoken import utterers
from cinedex.people.voices import said_by
from cinedex.timeline.rows import Cue, Event, Flag, Object, Palette, Place, Row, Shot, Sound, Tag
from cinedex.timeline.rows import Text as TextRow
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track

SHOTS = 12
"""Most shots listed."""

CUES = 12
"""Most cues listed."""

TAGS = 12
"""Most tags listed."""

FLAGS = 6
"""Most flags listed."""

SCENES = 10
"""Most scenes listed."""

EVENTS = 8
"""Most events listed, and most pieces of text."""

PEOPLE = 16
"""Most people named."""


def lists(timeline: Timeline, width: int, names: Names | None = None, *, colours: bool) -> Iterable[Text]:
    """Every list that has something to say, from what the film is made of down to its faults."""
    yield from _scenes(timeline, width, names)
    yield from _people(timeline, width, names)
    yield from _shots(timeline, width)
    yield from _look(timeline, width, colours=colours)
    yield from _sound(timeline, width)
    yield from _cues(timeline, width, names)
    yield from _events(timeline, width)
    yield from _texts(timeline, width)
    yield from _seen(timeline, width)
    yield from _tags(timeline, width)
    yield from _flags(timeline, width)


def _scenes(timeline: Timeline, width: int, names: Names | None) -> Iterable[Text]:
    found = scenes_of(timeline, characters(timeline, names))
    if not found:
        return
    yield title(f"Scenes  {len(found):,}", "where, who, why it begins there and how sure that is", width)
    for one in found[:SCENES]:
        head = f"{one.scene.number + 1:>6}  {clock(one.scene.start, int(timeline.movie.duration)):>7}  "
        lasting = f"{length(one.scene.span.duration.seconds):>10}  "
        place = ", ".join(words(label) for label in reversed(one.place))
        people = ", ".join(person_name(number, names) for number in one.people[:4])
        why = f"{one.scene.score:.2f} {', '.join(words(r) for r in one.scene.reasons)}" if one.scene.reasons else ""
        about = " \N{MIDDLE DOT} ".join(part for part in (place, people, why) if part)
        yield Text.assemble((head, ""), (lasting, "dim"), said(about, width - len(head) - len(lasting)))
    yield from rest(len(found) - SCENES, "scene", "the report has them all")


def _people(timeline: Timeline, width: int, names: Names | None) -> Iterable[Text]:
    people = characters(timeline, names)
    if not people:
        return
    yield title(f"People  {len(people):,}", "by time on screen", width)
    told = [f"{one_line(p.name)} {length(p.seconds)}" for p in people[:PEOPLE]]
    more = [f"{len(people) - PEOPLE:,} more"] if len(people) > PEOPLE else []
    yield from wrapped([*told, *more], " \N{MIDDLE DOT} ", width, "", indent="  ")
    yield Text()


def _look(timeline: Timeline, width: int, *, colours: bool) -> Iterable[Text]:
    """How shots are taken and the colours of the film, a line each."""
    lines = [
        (name, [f"{words(label)} {share:.0%}" for label, share, _ in shares(timeline, aspect)[:8]])
        for name, aspect in (("scale", "scale"), ("camera", "camera"))
    ]
    swatches = palette(timeline.find(Palette), 8)
    if not swatches and not any(parts for _, parts in lines):
        return
    yield title("Cinematography", "share of the time", width)
    for name, parts in lines:
        if parts:
            yield Text.assemble((f"  {name:<9}", "dim"), said(", ".join(parts), width - 11))
    if swatches:
        codes = [hexadecimal(s.colour) for s in swatches]
        blocks = [("███", code) if colours else (f"{code} ", "") for code in codes[: max((width - 11) // 8, 1)]]
        yield Text.assemble(("  palette  ", "dim"), *blocks)
    yield Text()


def _events(timeline: Timeline, width: int) -> Iterable[Text]:
    events = timeline.find(Event)
    if events is None or not len(events):
        return
    yield title(f"Events  {len(events):,}", "score, and the rule that says so", width)
    for event in events.rows[:EVENTS]:
        yield _stretch(timeline, event, f"{words(event.label)}  {event.score:.2f}  {event.rule}", width)
    yield from rest(len(events) - EVENTS, "event", "the report has them all, with what they rest on")


def _texts(timeline: Timeline, width: int) -> Iterable[Text]:
    texts = timeline.find(TextRow)
    if texts is None or not len(texts):
        return
    yield title(f"Text in the picture  {len(texts):,}", "", width)
    # Subtitles repeat what is said: what else is to be read comes first.
    first = [row for row in texts if row.role != "subtitle"] or list(texts)
    for row in first[:EVENTS]:
        yield _stretch(timeline, row, f"{row.role}: {row.text}", width)
    yield from rest(len(texts) - min(len(first), EVENTS), "text", "the report has them all")


def _stretch(timeline: Timeline, row: Row, text: str, width: int) -> Text:
    duration = int(timeline.movie.duration)
    head = f"{clock(row.start, duration):>9} - {clock(row.end, duration):<8} "
    return Text.assemble((head, "dim"), said(text, width - len(head)))


def _seen(timeline: Timeline, width: int) -> Iterable[Text]:
    """Places, objects and sounds by their time in the film."""
    places, things, sounds = timeline.find(Place), timeline.find(Object), timeline.find(Sound)
    for name, track, labels in (
        ("Places", places, [row.label for row in places or ()]),
        ("Objects", things, [row.label for row in things or ()]),
        ("Sounds", sounds, [row.label for row in sounds or ()]),
    ):
        sums: dict[str, float] = {}
        for one in stretches(track, labels):
            sums[one.label] = sums.get(one.label, 0.0) + one.span.duration.seconds
        if not sums:
            continue
        yield title(name, "by time in the film", width)
        order = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:TAGS]
        yield from wrapped(
            [f"{words(one_line(n))} {length(s)}" for n, s in order], " \N{MIDDLE DOT} ", width, "", indent="  "
        )
        yield Text()


def _shots(timeline: Timeline, width: int) -> Iterable[Text]:
    shots, tags = timeline.find(Shot), timeline.find(Tag)
    sums = rhythm(shots)
    if shots is None or sums is None:
        return
    about = f"mean {length(sums.mean)}, median {length(sums.median)}, longest {length(sums.longest)}"
    yield title(f"Shots  {sums.shots:,}", about, width)
    for shot in shots.rows[:SHOTS]:
        found = sorted(tags.overlapping(shot.span), key=lambda t: -t.score) if tags is not None else []
        names = ", ".join(dict.fromkeys(t.label for t in found[:4]))
        opening = "~" if shot.opening == "gradual" else " "
        head = f"{shot.number + 1:>6}  {clock(shot.start, int(timeline.movie.duration)):>7} {opening}"
        lasting = f"{length(shot.span.duration.seconds):>10}  "
        yield Text.assemble((head, ""), (lasting, "dim"), said(names, width - len(head) - len(lasting)))
    yield from rest(len(shots) - SHOTS, "shot", "the report has them all")


def _sound(timeline: Timeline, width: int) -> Iterable[Text]:
    found = measures(timeline)
    if not found:
        return
    share = speech_share(timeline)
    yield title("Sound", f"speech in {share:.0%} of what is heard" if share is not None else "", width)
    yield from wrapped([f"{m.name} {m.says}" for m in found], " \N{MIDDLE DOT} ", width, "", indent="  ")
    yield Text()


def _cues(timeline: Timeline, width: int, names: Names | None) -> Iterable[Text]:
    cues = timeline.find(Cue)
    if cues is None or not len(cues):
        return
    yield title(f"Transcript  {len(cues):,} cues", ", ".join(sorted(_languages(cues))), width)
    called = {u.number: u.name for u in utterers(timeline, names)}
    for cue, voice in zip(cues.rows[:CUES], said_by(timeline), strict=False):
        head = f"{clock(cue.start, int(timeline.movie.duration)):>15}   "
        who = f"{one_line(called[voice])}: " if voice is not None else ""
        yield Text.assemble((head, "dim"), said(who + cue.text, width - len(head)))
    yield from rest(len(cues) - CUES, "cue", "`cinedex export` has them all")


def _languages(cues: Track[Cue]) -> set[str]:
    return {language for language in cues.table.column("language").unique().to_pylist() if language}


def _tags(timeline: Timeline, width: int) -> Iterable[Text]:
    found = top_tags(timeline.find(Tag), TAGS)
    if not found:
        return
    yield title("Tags", f"heaviest first, vocabulary {', '.join(sorted({v for _, v, _, _ in found}))}", width)
    yield from wrapped([f"{one_line(label)} {length(s)}" for label, _, _, s in found], " · ", width, "", indent="  ")
    yield Text()


def _flags(timeline: Timeline, width: int) -> Iterable[Text]:
    flags = timeline.find(Flag)
    if flags is None or not len(flags):
        return
    yield title(f"Flags  {len(flags):,}", "", width)
    for flag in flags.rows[:FLAGS]:
        duration = int(timeline.movie.duration)
        head = f"{clock(flag.start, duration):>9} - {clock(flag.end, duration):<8} "
        note = said(f"{flag.label}: {flag.note}", width - len(head))
        yield Text.assemble((head, "dim"), (note, "red"))
    yield from rest(len(flags) - FLAGS, "flag", "the report has them all")
