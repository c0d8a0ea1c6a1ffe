"""The kinds of fact: one frozen row class each. A kind is added here together with the stage that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

from cinedex.timeline.time import Span, Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact about `[start, end)` of a film. `refs` names supporting rows as 'kind@start' (flicks).

    Where several rows of a kind may begin at one time, 'kind@start#more' tells them apart.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1

    start: Time
    end: Time
    refs: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """Where it holds."""
        return Span(self.start, self.end)

    @property
    def ref(self) -> str:
        """The name by which other rows refer to this one."""
        return f"{self.kind}@{int(self.start)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame(Row):
    """A decoded picture: when it is shown, its own time stamp in the stream, and whether decoding can start at it."""

    kind = "frame"
    pts: int
    key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Row):
    """A change of shot: `[start, end)` are the frames of the change; of a hard cut, the new shot's first frame."""

    kind = "transition"
    how: Literal["cut", "gradual"]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot(Row):
    """Between two transitions. Shots tile the film. `score` is that of the opening transition (1 at the start)."""

    kind = "shot"
    number: int
    opening: Literal["start", "cut", "gradual"]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue(Row):
    """A timed piece of text as said or as shown. `score` is the mean word probability, 0..1."""

    kind = "cue"
    text: str
    language: str
    score: float
    source: Literal["speech", "subtitle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption(Row):
    """A line of a subtitle that came with the film, at its own times. `origin` is its stream or the name of its file.

    `language` is that of the text, or as tagged where the text does not tell. Which of them are used is seen in cues.
    """

    kind = "caption"
    text: str
    language: str
    origin: str

    @property
    def ref(self) -> str:
        """Subtitles of many languages begin at one time: the origin tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.origin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtitling(Row):
    """What a subtitle that came with the film is worth, and why its lines are the film's cues (`used`) or are not.

    `voiced` is the share of its lines under which somebody speaks, `agreed` the share of its words that were heard
    there; both after its times were multiplied by `pace` and moved by `shift` seconds, so that they fit best.
    """

    kind = "subtitling"
    origin: str
    language: str
    used: bool
    voiced: float
    agreed: float
    pace: float
    shift: float
    reason: str

    @property
    def ref(self) -> str:
        """Each is of the whole film: the origin tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.origin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation(Row):
    """What cues (in `refs`) mean in another `language`; `origin` is theirs, `score` the translator's sureness, 0..1."""

    kind = "translation"
    text: str
    language: str
    origin: str
    score: float

    @property
    def ref(self) -> str:
        """Several languages may begin at one time."""
        return f"{self.kind}@{int(self.start)}#{self.language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Row):
    """One spoken word with its punctuation; `score` is the recogniser's probability, 0..1."""

    kind = "word"
    text: str
    language: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Row):
    """A stretch in which somebody speaks or sings, whoever it is; `score` is the mean probability, 0..1."""

    kind = "voice"
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker(Row):
    """A turn of the film's voice `number` (from 1, the one that speaks longest). Turns of several voices may overlap.

    `score` is how sure it is that this voice speaks here, and no other one of the film, 0..1.
    """

    kind = "speaker"
    number: int
    score: float

    @property
    def ref(self) -> str:
        """Several may begin at one time: the number tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiceprint(Row):
    """What voice `number` sounds like, as a unit vector: biometric data, kept apart from all else.

    It spans from the voice's first turn to its last. Vectors are comparable only inside a space.
    """

    kind = "voiceprint"
    number: int
    space: str
    values: tuple[float, ...]

    @property
    def ref(self) -> str:
        """Several may begin at one time: the number tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking(Row):
    """Voice `speaker` of the film is that of its character `person`, over the film; `score` is how sure that is, 0..1.

    It spans from the voice's first turn to its last, and is concluded from who is on screen while the voice is heard.
    """

    kind = "speaking"
    speaker: int
    person: int
    score: float

    @property
    def ref(self) -> str:
        """Several may begin at one time: the voice tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.speaker}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound(Row):
    """A stretch that sounds like `label`; `score` is 0..1. Several may be heard at one time."""

    kind = "sound"
    label: str
    score: float

    @property
    def ref(self) -> str:
        """Several may begin at one time: the label tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing(Row):
    """How much one short step of the sound is like each term of a `vocabulary`; a fact for other stages.

    `scores` (0..1) are in the vocabulary's order, each term by itself.
    """

    kind = "hearing"
    vocabulary: str
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness(Row):
    """How loud a tenth of a second is: `momentary` (over 400 ms) and `short_term` (3 s), LUFS, both up to its end.

    `peak` is the highest true peak of the tenth itself in any channel, dBTP. Nothing is below -120. Until a window is
    full, what was before the sound counts as silence (ITU-R BS.1770-4, EBU Tech 3341).
    """

    kind = "loudness"
    momentary: float
    short_term: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Row):
    """What the channels of a tenth of a second carry, in the order of the stream's layout; a fact for other stages.

    `peaks` are the highest sample in any channel of each of ten parts of it, dBFS, `powers` each channel's mean square,
    dBFS; nothing is below -120. `alike` is the correlation (-1 to 1) of each left channel with its right one. `clipped`
    counts the samples that lie in runs of three or more at full scale.
    """

    kind = "level"
    peaks: tuple[float, ...]
    powers: tuple[float, ...]
    alike: tuple[float, ...]
    clipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Row):
    """A number that holds for the whole of a film's sound: `measure` is 'integrated-loudness' or the like.

    A kind of its own, so that what reads the measures of pictures (kind 'quality') waits for no sound.
    """

    kind = "programme"
    measure: str
    value: float

    @property
    def ref(self) -> str:
        """All begin at one time: the measure tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.measure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Row):
    """What a stretch shows, by a named vocabulary. `score` is 0..1 and comparable only inside a vocabulary."""

    kind = "tag"
    label: str
    vocabulary: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector(Row):
    """An embedding of a stretch in a named space; vectors are comparable only inside a space."""

    kind = "vector"
    space: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight(Row):
    """What a stretch looks like, as a unit vector of a `space` that texts share: what words look for.

    A kind of its own, so that what is derived from looks alone (kind 'vector') waits for no model that reads.
    """

    kind = "sight"
    space: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Row):
    """A small still shown for a stretch, encoded as `format`; `at` is the time of the frame it was taken from."""

    kind = "picture"
    at: Time
    role: str
    width: int
    height: int
    format: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality(Row):
    """A measured number over a stretch, such as 'luma' (0..1) or 'red' (0..1, gamma-encoded)."""

    kind = "quality"
    measure: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Row):
    """Something a person may have to look at, such as 'black' or 'freeze'; `note` says what was measured."""

    kind = "flag"
    label: str
    score: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash(Row):
    """A change of light or of saturated red in one picture, over part of it: two that oppose each other are one flash.

    `how` is 'luminance', 'red' (WCAG up to 2.1) or 'chroma' (red as WCAG 2.2 has it), `rise` whether it got lighter or
    redder. `area` is the share of the picture, `dark` and `bright` are the mean values before and after, in the order
    of size: relative luminance, red over its maximum, or distance of chromaticity. `cells` is where: a bit for each of
    48x27 cells, row by row.
    """

    kind = "flash"
    how: Literal["luminance", "red", "chroma"]
    rise: bool
    area: float
    dark: float
    bright: float
    cells: bytes

    @property
    def ref(self) -> str:
        """Several may happen at one time: what changed, and which way, tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.how}-{'up' if self.rise else 'down'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Row):
    """A stretch that shows straight stripes: `stripes` light and dark ones over `area` (a share) of the picture.

    `dark` and `bright` are the relative luminances of the two.
    """

    kind = "pattern"
    stripes: int
    area: float
    dark: float
    bright: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance(Row):
    """A stretch of one shot in which one look is worth taking; shorter where more moves. Glances tile the film."""

    kind = "glance"
    shot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion(Row):
    """How the picture moved over a stretch: per second, in picture widths and heights; `zoom` and `turn` in logs, rad.

    `fit` is the share of the picture that moved so, 0..1; `shake` the unsteadiness around it, in picture widths.
    """

    kind = "motion"
    right: float
    down: float
    zoom: float
    turn: float
    shake: float
    fit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(Row):
    """What the lines of one picture, which stands for the stretch, show of how it was made; a fact for other stages.

    `bars` are the dark shares at its left, top, right and bottom, `edges` how much of the line next to each is lit.
    `comb` is the share of it that falls apart into fields; `detail` (0..1) how fine its finest part is, of which
    `shown` (a share of the picture) has any texture to tell by.
    """

    kind = "scan"
    bars: tuple[float, ...]
    edges: tuple[float, ...]
    comb: float
    detail: float
    shown: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Area(Row):
    """The part of the picture that is used, as shares of its width and height; the rest is bars."""

    kind = "area"
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette(Row):
    """The colours of a stretch, most frequent first: `colours` holds red, green, blue (0..255) of each in turn.

    `shares` sum to 1. `warmth` is -1 (cold) to 1 (warm), `contrast` and `saturation` 0..1.
    """

    kind = "palette"
    colours: tuple[int, ...]
    shares: tuple[float, ...]
    warmth: float
    contrast: float
    saturation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing(Row):
    """How a shot is taken: `aspect` ('scale' or 'camera') has the value `label`, such as 'close-up' or 'pan-left'."""

    kind = "framing"
    aspect: Literal["scale", "camera"]
    label: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(Row):
    """A face as seen in one picture, which stands for the stretch. Boxes are shares of the picture's width and height.

    `points` are x, y of left eye, right eye, nose and corners of the mouth as seen; `quality` (0..1) says how well it
    would do for recognition; `tracklet` is the number of the tracklet that it is part of.
    """

    kind = "face"
    x: float
    y: float
    width: float
    height: float
    points: tuple[float, ...]
    score: float
    quality: float
    tracklet: int

    @property
    def ref(self) -> str:
        """Several faces may be seen at one time: the tracklet tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.tracklet}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracklet(Row):
    """One face followed through the pictures of a shot: `number` is its own in the film, `seen` how often it was seen.

    `best` is when it was seen best, with `quality` then.
    """

    kind = "tracklet"
    number: int
    seen: int
    best: Time
    quality: float
    score: float

    @property
    def ref(self) -> str:
        """Several may begin at one time: the number tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.number}"


FILM_SPACE = "film"
"""The `space` of prints that can be compared inside their film alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faceprint(Row):
    """A tracklet's face as a unit vector: biometric data, kept apart from all else.

    `space` is that of the recognition model, or 'film' where recognition is off: the vectors are then in a basis of the
    film's own, which is not kept, and can be compared with nothing outside it.
    """

    kind = "faceprint"
    tracklet: int
    space: str
    values: tuple[float, ...]

    @property
    def ref(self) -> str:
        """Several may begin at one time: the tracklet tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.tracklet}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait(Row):
    """A small still of a tracklet's face, encoded as `format`; `at` is the time of the frame it was taken from."""

    kind = "portrait"
    tracklet: int
    at: Time
    width: int
    height: int
    format: str
    data: bytes

    @property
    def ref(self) -> str:
        """Several may begin at one time: the tracklet tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.tracklet}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Row):
    """An appearance of a character: one tracklet (in `refs`) of the film's character `number`, in one of its looks.

    `score` is how sure it is that the tracklet is this character's, 0..1. Who that is, if anybody has said so, is
    known to the library, not to the film.
    """

    kind = "person"
    number: int
    look: int
    score: float

    @property
    def ref(self) -> str:
        """Several may appear at one time: the number tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Row):
    """A thing as seen in one picture, which stands for the stretch; its box as shares of the picture's size."""

    kind = "object"
    label: str
    vocabulary: str
    score: float
    x: float
    y: float
    width: float
    height: float

    @property
    def ref(self) -> str:
        """Many may be seen at one time: the place tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.label}-{self.x:.3f}-{self.y:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Row):
    """Text in the picture for as long as it stands there, lines joined by newlines. `role` says what kind of text."""

    kind = "text"
    text: str
    language: str
    role: Literal["title", "credit", "sign", "subtitle", "caption"]
    score: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Row):
    """Where a shot takes place; `aspect` is 'setting' (interior, exterior), 'light' (day, night) or 'place' (beach)."""

    kind = "place"
    aspect: Literal["setting", "light", "place"]
    label: str
    score: float

    @property
    def ref(self) -> str:
        """Several are said of one shot: aspect and label tell them apart."""
        return f"{self.kind}@{int(self.start)}#{self.aspect}-{self.label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Row):
    """Shots of one place and action. Scenes tile the film. `refs` are its shots, people and places.

    `score` is how sure its beginning is (0..1, 1 at the film's start), `reasons` why it begins there, strongest first;
    `at` is the time of the picture that stands for it.
    """

    kind = "scene"
    number: int
    score: float
    reasons: tuple[str, ...]
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Row):
    """Something that happens, as a rule concludes from the rows in `refs`; `rule` names the rule and its version."""

    kind = "event"
    label: str
    score: float
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect(Row):
    """A short stretch that must be looked at again, closely: a first look at what is around it scored `score`, 0..1."""

    kind = "suspect"
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudity(Row):
    """How much a picture, which stands for the stretch, is like pictures of nudity and sex: `score`, 0..1.

    It is a model's score and no probability: what share of harmless pictures reaches it is measured, what share of
    others is not.
    """

    kind = "nudity"
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(Row):
    """A word of the lists, as it was said or shown: of a `topic` ('profanity', 'drugs' ...) and a `strength`.

    `origin` says where it stands: 'speech', 'subtitle' or 'screen'. `score` (0..1) is how sure it is that the word was
    used, and in that sense.
    """

    kind = "mention"
    topic: str
    strength: str
    text: str
    language: str
    origin: Literal["speech", "subtitle", "screen"]
    score: float

    @property
    def ref(self) -> str:
        """Several may stand in one line: the word tells them apart."""
        return f"{self.kind}@{int(self.start)}#{self.topic}-{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern(Row):
    """A sign of something that raters and viewers weigh, as a rule concludes from the rows in `refs`.

    `category` is 'violence', 'nudity', 'language' ..., `label` what it is a sign of ('gunfire'), `strength` mild to
    very strong as far as that can be told from it, `rule` the rule with its version. `score` (0..1) is never more than
    the rule is trusted with.
    """

    kind = "concern"
    category: str
    label: str
    strength: str
    score: float
    rule: str

    @property
    def ref(self) -> str:
        """Several may begin at one time: category and label tell them apart."""
        return f"{self.kind}@{int(self.start)}#{self.category}-{self.label}"


RowType = TypeVar("RowType", bound=Row)

_ROWS: tuple[type[Row], ...] = (
    Frame,
    Transition,
    Shot,
    Cue,
    Caption,
    Subtitling,
    Translation,
    Word,
    Voice,
    Speaker,
    Voiceprint,
    Speaking,
    Sound,
    Hearing,
    Loudness,
    Level,
    Programme,
    Tag,
    Vector,
    Picture,
    Quality,
    Flag,
    Flash,
    Pattern,
    Glance,
    Motion,
    Scan,
    Area,
    Palette,
    Framing,
    Face,
    Tracklet,
    Faceprint,
    Portrait,
    Person,
    Object,
    Text,
    Place,
    Scene,
    Event,
    Sight,
    Suspect,
    Nudity,
    Mention,
    Concern,
)

KINDS: dict[str, type[Row]] = {row.kind: row for row in _ROWS}
"""Every kind that this build knows, by name."""
