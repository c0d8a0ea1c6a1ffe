"""What every model of a task must do, held against the fakes and, where their weights are, against the real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.text_films import line, picture

from cinedex.errors import ModelError
from cinedex.models import tasks
from cinedex.models.fakes import fake_pool, fake_specs
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.settings import Settings

Get = Callable[[ModelSpec], Any]

PROTOCOLS = {
    "transitions": tasks.TransitionDetector,
    "voice": tasks.VoiceDetector,
    "segment-speakers": tasks.SpeakerSegmenter,
    "embed-voices": tasks.VoiceEmbedder,
    "sounds": tasks.SoundTagger,
    "transcribe": tasks.Transcriber,
    "tag": tasks.ImageTagger,
    "objects": tasks.ObjectDetector,
    "nudity": tasks.NudityScorer,
    "embed-text": tasks.TextEmbedder,
    "rerank": tasks.Reranker,
    "detect-faces": tasks.FaceDetector,
    "embed-faces": tasks.FaceEmbedder,
    "find-text": tasks.TextFinder,
    "read-text": tasks.LineReader,
    "name-language": tasks.LanguageNamer,
}

CORE = [s for s in registry().values() if s.tier in {"core", "extra"}]


@pytest.fixture(scope="module")
def pools() -> Iterator[dict[str, ModelPool]]:
    made: dict[str, ModelPool] = {"fake": fake_pool()}
    yield made
    for pool in made.values():
        pool.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.weights)])
def get(request: pytest.FixtureRequest, pools: dict[str, ModelPool]) -> Get:
    """Gives the model of a description: its fake, or the real one."""
    cache = Settings.from_env().cache / "models"

    def found(spec: ModelSpec) -> Any:
        if request.param == "real" and "real" not in pools:
            pools["real"] = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
        return pools[request.param].get(spec.name)

    return found


def of(task: str) -> Any:
    """Run a test for every core model of a task."""
    specs = [s for s in CORE if s.task == task]
    return pytest.mark.parametrize("spec", specs, ids=[s.name for s in specs])


def scenery(seed: int, count: int, size: tuple[int, int]) -> np.ndarray:
    """Pictures of one still view with a little grain: smooth blobs of colour."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (4, 6, 3))
    rows, columns = (np.linspace(0, n - 1, s).round().astype(int) for n, s in zip((4, 6), size, strict=True))
    view = coarse[rows][:, columns]
    grain = random.integers(-3, 4, (count, *size, 3))
    return np.clip(view + grain, 0, 255).astype(np.uint8)


def tone(pitch: float, seconds: float, rate: int) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def string(pitch: float, begin: float, count: int, rate: int) -> np.ndarray:
    """A plucked string: pure tones together are no music to anybody."""
    since = (np.arange(count) / rate - begin).clip(0)
    waves = (np.sin(2 * np.pi * pitch * n * since) * np.exp(-since * (3 + n)) / n for n in range(1, 9))
    return np.asarray(0.3 * sum(waves), np.float32)


def test_every_task_of_the_core_has_its_contract_here():
    assert {s.task for s in CORE} == set(PROTOCOLS)
    assert {s.name for s in CORE} == set(fake_specs())


@pytest.mark.parametrize("spec", CORE, ids=lambda s: s.name)
def test_it_satisfies_the_protocol_of_its_task(get: Get, spec: ModelSpec):
    assert isinstance(get(spec), PROTOCOLS[spec.task])


# Transitions


@of("transitions")
def test_transitions_are_two_probabilities_a_picture(get: Get, spec: ModelSpec):
    model = get(spec)
    for count in (0, 1, 7, 130):
        found = model.transitions(scenery(1, count, model.size))
        assert found.shape == (count, 2)
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1))


@of("transitions")
def test_a_cut_stands_out_where_it_is(get: Get, spec: ModelSpec):
    model = get(spec)
    frames = np.concatenate([scenery(1, 60, model.size), scenery(2, 60, model.size)])
    hard = model.transitions(frames)[:, 0]
    assert np.argmax(hard) in {59, 60}
    assert hard.max() > 0.4 > np.delete(hard, [58, 59, 60, 61]).max()


@of("transitions")
def test_pictures_beyond_the_context_change_nothing(get: Get, spec: ModelSpec):
    model = get(spec)
    first, second = scenery(1, 150, model.size), scenery(2, 150, model.size)
    frames = np.concatenate([first, second])
    start, end = 100, 200
    part = frames[start - model.context : end + model.context]
    whole = model.transitions(frames)[start:end]
    alone = model.transitions(part)[model.context : len(part) - model.context]
    np.testing.assert_allclose(alone, whole, atol=2e-3)


# Voice


@of("voice")
def test_voice_is_a_probability_a_hop(get: Get, spec: ModelSpec):
    model = get(spec)
    sound = tone(440, 2, model.rate)
    for count in (0, model.hop - 1, model.hop, 5 * model.hop + 3):
        found = model.voice(sound[:count])
        assert found.shape == (count // model.hop,)
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1))


@of("voice")
def test_silence_is_not_speech(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.voice(np.zeros(3 * model.rate, np.float32)).max() < 0.3


@of("voice")
def test_what_was_heard_before_does_not_linger(get: Get, spec: ModelSpec):
    model = get(spec)
    before = model.voice(tone(200, 2, model.rate))
    model.voice(np.random.default_rng(3).normal(0, 0.2, 2 * model.rate).astype(np.float32))
    np.testing.assert_array_equal(model.voice(tone(200, 2, model.rate)), before)


# Speakers


def talk(pitch: float, seconds: float, rate: int) -> np.ndarray:
    """A buzz with harmonics and a melody of its own, a little like a voice."""
    t = np.arange(round(seconds * rate)) / rate
    turns = 2 * np.pi * pitch * (t + 0.01 * np.sin(2 * np.pi * 3 * t))
    return (0.1 * sum(np.sin(n * turns) / n for n in range(1, 12))).astype(np.float32)


@of("segment-speakers")
def test_segments_are_a_probability_a_voice_and_answer(get: Get, spec: ModelSpec):
    model = get(spec)
    silence = np.zeros((1, model.window), np.float32)
    one, both = model.segments(silence), model.segments(np.concatenate([silence, silence]))
    answers = one.shape[1]
    assert one.shape == (1, answers, model.voices)
    assert both.shape == (2, answers, model.voices)
    assert 0 < model.first + (answers - 1) * model.step < model.window
    assert one.dtype == np.float32
    assert np.all((both >= 0) & (both <= 1))
    assert model.segments(silence[:0]).shape == (0, answers, model.voices)
    assert one.max() < 0.5, "nobody speaks"
    with pytest.raises(ModelError):
        model.segments(silence[:, 1:])


@of("segment-speakers")
def test_a_clip_is_told_apart_by_itself(get: Get, spec: ModelSpec):
    model = get(spec)
    clips = np.stack([talk(p, model.window / model.rate, model.rate) for p in (120, 240, 200)])
    alone = np.concatenate([model.segments(c[None]) for c in clips])
    np.testing.assert_allclose(model.segments(clips), alone, atol=1e-4)


@of("embed-voices")
def test_voices_are_unit_vectors_whatever_the_length(get: Get, spec: ModelSpec):
    model = get(spec)
    clips = [talk(160, s, model.rate) for s in (0.02, 0.5, 3, 7)]
    found = model.prints(clips)
    assert found.shape == (4, model.dim)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(model.prints(clips[2:3]), found[2:3], atol=1e-4)
    assert model.prints([]).shape == (0, model.dim)
    assert 0 < model.same < 2


@of("embed-voices")
def test_one_voice_is_nearer_to_itself_than_to_another(get: Get, spec: ModelSpec):
    model = get(spec)
    low, again, high = model.prints([talk(120, 3, model.rate), talk(120, 5, model.rate), talk(280, 3, model.rate)])
    assert np.linalg.norm(low - again) < np.linalg.norm(low - high)


# Sounds


@of("sounds")
def test_sounds_are_a_probability_a_label(get: Get, spec: ModelSpec):
    model = get(spec)
    assert len(set(model.labels)) == len(model.labels)
    noise = np.random.default_rng(5).normal(0, 0.1, (33, model.window)).astype(np.float32)
    for count in (0, 1, 2, 33):
        found = model.sounds(noise[:count])
        assert found.shape == (count, len(model.labels))
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1))


@of("sounds")
def test_silence_and_music_are_told_apart(get: Get, spec: ModelSpec):
    model = get(spec)
    plucked = sum(string(pitch, 0.2 * n, model.window, model.rate) for n, pitch in enumerate((220, 277.2, 329.6)))
    silent, played = model.sounds(np.stack([np.zeros(model.window, np.float32), plucked.astype(np.float32)]))
    silence, music = (list(model.labels).index(name) for name in ("Silence", "Music"))
    assert silent[silence] > 0.9
    assert played[music] > 0.4
    assert max(silent[music], played[silence]) < 0.1


@of("sounds")
def test_a_clip_sounds_the_same_in_any_company(get: Get, spec: ModelSpec):
    model = get(spec)
    clips = np.random.default_rng(6).normal(0, 0.1, (5, model.window)).astype(np.float32)
    np.testing.assert_allclose(model.sounds(clips[2:3]), model.sounds(clips)[2:3], atol=1e-4)


@of("sounds")
def test_sounds_of_the_wrong_length_are_refused(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises(ModelError, match=r"sound|clips"):
        model.sounds(np.zeros((1, model.window - 1), np.float32))


# Words


@of("transcribe")
def test_words_lie_in_their_clip_in_order(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.transcribe([]) == []
    clips = [np.zeros(model.rate, np.float32), tone(440, 3, model.rate), tone(1500, 1, model.rate)]
    found = model.transcribe(clips)
    assert len(found) == len(clips)
    for clip, transcript in zip(clips, found, strict=True):
        assert isinstance(transcript, tasks.Transcript)
        assert 0 <= transcript.no_speech <= 1
        assert 0 <= transcript.language_score <= 1
        times = [t for w in transcript.words for t in (w.start, w.end)]
        assert times == sorted(times)
        assert all(0 <= t <= len(clip) / model.rate + 0.02 for t in times)
        assert all(w.text.strip() and 0 <= w.score <= 1 for w in transcript.words)


@of("transcribe")
def test_the_language_told_is_kept(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.transcribe([tone(440, 1, model.rate)], language="de")[0].language == "de"


@of("transcribe")
def test_a_clip_that_is_too_long_is_refused(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises((ModelError, ValueError)):
        model.transcribe([np.zeros(round((model.longest + 1) * model.rate), np.float32)])


# Tags


@of("tag")
def test_tags_are_scores_of_a_vocabulary_and_a_feature(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.vocabulary
    assert model.space
    assert len(set(model.labels)) > 1
    for count in (0, 1, 3):
        scores, features = model.tags(scenery(1, count, model.size))
        assert scores.shape == (count, len(model.labels))
        assert features.shape[0] == count
        assert scores.dtype == features.dtype == np.float32
        assert np.all((scores >= 0) & (scores <= 1))
        assert np.all(np.isfinite(features))


@of("tag")
def test_a_picture_is_tagged_the_same_alone_and_among_others(get: Get, spec: ModelSpec):
    model = get(spec)
    pictures = np.concatenate([scenery(seed, 1, model.size) for seed in (1, 2, 3)])
    together, alone = model.tags(pictures), [model.tags(p[None]) for p in pictures]
    for i in range(2):
        np.testing.assert_allclose(together[i], np.concatenate([a[i] for a in alone]), atol=1e-4)
    assert np.linalg.norm(together[1][0] - together[1][1]) > 0


@of("tag")
def test_pictures_of_another_size_are_refused(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises((ModelError, ValueError)):
        model.tags(np.zeros((1, model.size[0] + 1, model.size[1], 3), np.uint8))


# Objects


def things(size: tuple[int, int]) -> np.ndarray:
    """A red box on a grey ground, a view, and nothing."""
    boxed = np.full((1, *size, 3), 90, np.uint8)
    boxed[0, size[0] // 4 : size[0] // 2, size[1] // 4 : size[1] // 2] = (255, 0, 0)
    return np.concatenate([boxed, scenery(1, 1, size), np.zeros((1, *size, 3), np.uint8)])


@of("objects")
def test_things_lie_in_their_picture_surest_first(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.vocabulary
    assert len(set(model.labels)) == len(model.labels) > 1
    assert model.objects(np.zeros((0, *model.size, 3), np.uint8)) == []
    found = model.objects(things(model.size))
    assert len(found) == 3
    for one in found:
        assert one.dtype == np.float32
        assert one.shape[1:] == (6,)
        assert np.all(np.isfinite(one))
        assert np.all((one[:, :2] >= 0) & (one[:, 2:4] > 0) & (one[:, :2] + one[:, 2:4] <= 1 + 1e-6))
        assert np.all((one[:, 4] >= 0) & (one[:, 4] <= 1))
        assert np.all(np.diff(one[:, 4]) <= 0)
        assert set(one[:, 5].tolist()) <= set(range(len(model.labels)))


@of("objects")
def test_things_are_the_same_alone_and_among_others(get: Get, spec: ModelSpec):
    model = get(spec)
    pictures = things(model.size)
    for together, shown in zip(model.objects(pictures), pictures, strict=True):
        np.testing.assert_allclose(together, model.objects(shown[None])[0], atol=1e-4)


@of("objects")
def test_things_in_pictures_of_another_size_are_not_looked_for(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises((ModelError, ValueError)):
        model.objects(np.zeros((1, model.size[0] + 1, model.size[1], 3), np.uint8))


# Nudity


@of("nudity")
def test_nudity_is_a_score_a_picture(get: Get, spec: ModelSpec):
    model = get(spec)
    for count in (0, 1, 9):
        found = model.nudity(scenery(1, count, model.size))
        assert found.shape == (count,)
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1))


@of("nudity")
def test_plain_views_are_not_nude(get: Get, spec: ModelSpec):
    model = get(spec)
    views = np.concatenate([scenery(seed, 1, model.size) for seed in range(4)])
    assert model.nudity(views).max() < 0.3
    assert model.nudity(np.zeros((1, *model.size, 3), np.uint8))[0] < 0.1


@of("nudity")
def test_a_picture_scores_the_same_alone_and_among_others(get: Get, spec: ModelSpec):
    model = get(spec)
    pictures = np.concatenate([scenery(seed, 1, model.size) for seed in range(10)])
    alone = np.concatenate([model.nudity(p[None]) for p in pictures])
    np.testing.assert_allclose(model.nudity(pictures), alone, atol=1e-4)


@of("nudity")
def test_nudity_in_pictures_of_another_size_is_not_looked_for(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises((ModelError, ValueError)):
        model.nudity(np.zeros((1, model.size[0] + 1, model.size[1], 3), np.uint8))


# Texts

TEXTS = [
    "The night train leaves the station",
    "Bananas ripen in the warm kitchen",
    "",
    "नमस्ते दुनिया",
    "a\0b \ud800",
    "word " * 700,
]


@of("embed-text")
def test_texts_become_unit_vectors(get: Get, spec: ModelSpec):
    model = get(spec)
    for query in (False, True):
        for texts in ([], TEXTS[:1], TEXTS):
            vectors = model.embed_texts(texts, query=query)
            assert vectors.shape == (len(texts), model.dim)
            assert vectors.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert model.space


@of("embed-text")
def test_a_text_is_placed_the_same_alone_and_among_others(get: Get, spec: ModelSpec):
    model = get(spec)
    together = model.embed_texts(TEXTS)
    np.testing.assert_allclose(together, np.concatenate([model.embed_texts([t]) for t in TEXTS]), atol=1e-5)


@of("embed-text")
def test_a_question_is_nearest_to_what_answers_it(get: Get, spec: ModelSpec):
    model = get(spec)
    near = model.embed_texts(["night train"], query=True) @ model.embed_texts(TEXTS[:2]).T
    assert near[0, 0] > near[0, 1]


@of("rerank")
def test_every_text_is_judged_by_itself(get: Get, spec: ModelSpec):
    model = get(spec)
    together = model.judge("where does the night train go", TEXTS)
    assert together.shape == (len(TEXTS),)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    alone = [model.judge("where does the night train go", [text])[0] for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert model.judge("night train", []).shape == (0,)


@of("rerank")
def test_what_answers_is_judged_higher_and_far_enough(get: Get, spec: ModelSpec):
    model = get(spec)
    answer, other = model.judge("night train", ["The night train leaves at nine", "Bananas ripen in the kitchen"])
    assert answer >= model.near > other


@of("embed-text")
def test_threads_share_it(get: Get, spec: ModelSpec):
    model = get(spec)
    wanted, found = model.embed_texts(TEXTS[:4]), []
    threads = [threading.Thread(target=lambda: found.append(model.embed_texts(TEXTS[:4]))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 4
    for vectors in found:
        np.testing.assert_allclose(vectors, wanted, atol=1e-5)


# Text in pictures


@of("find-text")
def test_lines_are_corners_and_a_score(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.find(np.zeros((0, 64, 96, 3), np.uint8)) == []
    pictures = np.stack([picture(), picture(("abcd dcba", 0.5, 0.4), ("ddca", 0.5, 0.7)), picture(("abdc", 0.3, 0.2))])
    found = model.find(pictures)
    assert len(found) == 3
    for lines in found:
        assert lines.dtype == np.float32
        assert lines.shape[1:] == (9,)
        assert np.all((lines >= 0) & (lines <= 1))
        assert np.all(np.diff(lines[:, 8]) <= 0)
    assert not len(found[0])
    for one, lines in zip(pictures, found, strict=True):
        np.testing.assert_allclose(model.find(one[None])[0], lines, atol=1e-4)


@of("find-text")
@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (1, 33, 2000, 3), (1, 700, 5, 3)])
def test_lines_are_sought_in_pictures_of_any_shape(get: Get, spec: ModelSpec, shape: tuple[int, ...]):
    noise = np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8)
    (found,) = get(spec).find(noise)
    assert np.all((found >= 0) & (found <= 1))


@of("read-text")
def test_every_line_gets_a_text_and_a_score(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.read([]) == []
    random = np.random.default_rng(5)
    lines = [line(t, model.height) for t in ("abcd", "ca bd", "a")]
    lines += [random.integers(0, 256, (model.height, w, 3), dtype=np.uint8) for w in (1, 48, 700, 5000)]
    together = model.read(lines)
    assert len(together) == len(lines)
    assert all(isinstance(text, str) and 0 <= score <= 1 for text, score in together)
    for one, (text, score) in zip(lines, together, strict=True):
        alone = model.read([one])[0]
        assert alone[0] == text
        assert alone[1] == pytest.approx(score, abs=1e-3)
    assert model.scripts


@of("read-text")
def test_a_line_of_another_height_is_refused(get: Get, spec: ModelSpec):
    model = get(spec)
    with pytest.raises(ModelError):
        model.read([np.zeros((model.height + 1, 50, 3), np.uint8)])


@of("name-language")
def test_a_language_is_a_code_and_a_probability(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.languages([]) == []
    assert model.languages(["", "2008 - 12"]) == [("und", 0.0)] * 2
    for code, probability in model.languages([*TEXTS, "I have been alone for as long as I can remember"]):
        assert 2 <= len(code) <= 3
        assert 0 <= probability <= 1
    assert model.languages(["I have been alone for as long as I can remember"])[0][0] == "en"


# Faces


@of("detect-faces")
def test_faces_are_boxes_and_points_best_first(get: Get, spec: ModelSpec):
    model = get(spec)
    for count, size in ((0, (64, 64)), (1, (1, 1)), (2, (90, 160)), (1, (33, 500))):
        found = model.faces(scenery(1, count, size))
        assert len(found) == count
        for faces in found:
            assert faces.shape == (len(faces), tasks.FACE)
            assert faces.dtype == np.float32
            assert np.all(np.isfinite(faces))
            assert np.all((faces[:, :2] >= 0) & (faces[:, :2] + faces[:, 2:4] <= 1 + 1e-6) & (faces[:, 2:4] > 0))
            assert np.all((faces[:, 4] > 0) & (faces[:, 4] <= 1))


@of("detect-faces")
def test_nothing_but_black_has_no_face(get: Get, spec: ModelSpec):
    assert [len(f) for f in get(spec).faces(np.zeros((2, 180, 320, 3), np.uint8))] == [0, 0]


@of("detect-faces")
def test_what_is_no_picture_is_refused(get: Get, spec: ModelSpec):
    for wrong in (np.zeros((1, 64, 64), np.uint8), np.zeros((1, 64, 64, 3), np.float32)):
        with pytest.raises(ModelError):
            get(spec).faces(wrong)


@of("embed-faces")
def test_faces_become_unit_vectors(get: Get, spec: ModelSpec):
    model = get(spec)
    assert model.space
    assert 0 < model.same < 2
    for count in (0, 1, 17):
        found = model.prints(scenery(1, count, (model.size, model.size)))
        assert found.shape == (count, 128)
        assert found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


@of("embed-faces")
def test_a_face_is_placed_the_same_alone_and_among_others(get: Get, spec: ModelSpec):
    model = get(spec)
    chips = np.concatenate([scenery(seed, 1, (model.size, model.size)) for seed in (1, 2, 3)])
    alone = np.concatenate([model.prints(c[None]) for c in chips])
    np.testing.assert_allclose(model.prints(chips), alone, atol=1e-4)


@of("embed-faces")
def test_a_little_grain_makes_nobody_another_person(get: Get, spec: ModelSpec):
    model = get(spec)
    twice = model.prints(scenery(2, 2, (model.size, model.size)))
    assert np.linalg.norm(twice[0] - twice[1]) < model.same / 2


@of("embed-faces")
def test_chips_of_another_size_are_refused(get: Get, spec: ModelSpec):
    with pytest.raises((ModelError, ValueError)):
        get(spec).prints(np.zeros((1, 10, 10, 3), np.uint8))
