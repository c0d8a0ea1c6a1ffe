"""Whisper (Radford et al. 2022, arXiv:2212.04356) on CTranslate2: clips of up to 30 s to words with times, in batches.

faster-whisper gives the log-mel features, the tokenizer and the loading; decoding here is one batched greedy or beam
search without sampling, so that the same clips give the same words.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import UNSPACED, Floats, HeardWord, Tongue, Transcript

_NAMED = "{}."

_PART = 4.0
"""Seconds of a clip whose language is told by itself."""

_FRAMES = 50
"""Frames a second that the encoder gives."""

_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - full-width punctuation is meant


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Whisper:
    """The model from its files, read into memory; nothing is fetched."""
    from faster_whisper import WhisperModel  # noqa: PLC0415 - heavy, and only needed where speech is

    device = _device(spec, options)
    compute = str(spec.options.get("compute", "int8" if device == "cpu" else "float16"))
    contents = {name: path.read_bytes() for name, path in files.items()}
    try:
        model = WhisperModel(
            spec.name,
            device=device,
            compute_type=compute,
            cpu_threads=options.threads,
            local_files_only=True,
            files=contents,
        )
    except (RuntimeError, ValueError) as wrong:
        raise ModelError(
            f"{spec.name} does not load: {wrong}", remedy=f"`cinedex models verify {spec.name}`."
        ) from wrong
    return Whisper(model, beam=int(spec.options.get("beam", 1)))


def _device(spec: ModelSpec, options: RunOptions) -> str:
    """Where it runs: a model that is too large for a CPU says `device = "auto"` and takes a GPU if there is one."""
    if options.device != "cpu" or spec.options.get("device") != "auto":
        return options.device
    from ctranslate2 import get_cuda_device_count  # noqa: PLC0415 - see load

    return "cuda" if get_cuda_device_count() else "cpu"


class Whisper:
    """A `Transcriber`."""

    rate = 16_000
    longest = 30.0

    def __init__(self, model: Any, beam: int) -> None:
        self._model, self._beam = model, beam

    def transcribe(
        self, clips: Sequence[Floats], *, language: str | None = None, names: Sequence[str] = (), english: bool = False
    ) -> list[Transcript]:
        """One transcript per clip; clips are float32 mono at 16 kHz, at most 30 s. Names come as words said before."""
        if not clips:
            return []
        for clip in clips:
            if len(clip) > self.rate * self.longest:
                raise ValueError(f"a clip of {len(clip) / self.rate:.1f} s is longer than {self.longest:.0f} s")
        encoded = self._model.encode(self._features(clips))
        languages = self._languages(encoded, len(clips), language)
        tongues = self._tongues(encoded, clips) if language is None else [()] * len(clips)
        prompts = [self._tokenizer(code, "translate" if english else "transcribe") for code, _ in languages]
        expected = _NAMED.format(", ".join(names)) if names else None
        results = self._model.model.generate(
            encoded,
            [self._model.get_prompt(t, [], without_timestamps=True, hotwords=expected) for t in prompts],
            beam_size=self._beam,
            max_length=self._model.max_length,
            suppress_blank=True,
            suppress_tokens=self._suppressed(prompts[0]),
            return_scores=True,
            return_no_speech_prob=True,
            sampling_temperature=0.0,
        )
        tokens = [[t for t in r.sequences_ids[0] if t < tok.eot] for r, tok in zip(results, prompts, strict=True)]
        words = self._timed(encoded, prompts, tokens, clips)
        return [
            Transcript(
                language=code,
                language_score=sure,
                words=tuple(heard),
                no_speech=float(result.no_speech_prob),
                mean_logprob=float(result.scores[0]) * len(ids) / (len(ids) + 1),
                compression=_compression(tok.decode(ids)),
                tongues=parts,
            )
            for (code, sure), heard, result, ids, tok, parts in zip(
                languages, words, results, tokens, prompts, tongues, strict=True
            )
        ]

    def _features(self, clips: Sequence[Floats]) -> Floats:
        from faster_whisper.audio import pad_or_trim  # noqa: PLC0415 - see load

        extract = self._model.feature_extractor
        return np.stack([pad_or_trim(extract(np.ascontiguousarray(c))) for c in clips])

    def _languages(self, encoded: Any, count: int, given: str | None) -> list[tuple[str, float]]:
        if given is not None or not self._model.model.is_multilingual:
            return [(given or "en", 1.0)] * count
        found = self._model.model.detect_language(encoded)
        return [(ranked[0][0].strip("<|>"), float(ranked[0][1])) for ranked in found]

    def _tongues(self, encoded: Any, clips: Sequence[Floats]) -> list[tuple[Tongue, ...]]:
        """The language of every `_PART` seconds, asked of that part of what the encoder made of the whole clip.

        It costs one step of the decoder, and no other run of the encoder.
        """
        counts = [int(len(c) / self.rate / _PART) for c in clips]
        if not self._model.model.is_multilingual or max(counts) < 2:
            return [()] * len(clips)
        whole, size = _array(encoded), round(_PART * _FRAMES)
        parts = [whole[i, k * size : (k + 1) * size] for i, count in enumerate(counts) for k in range(count)]
        ranked = iter(self._model.model.detect_language(_stored(np.stack(parts))))
        return [
            tuple(
                Tongue(k * _PART, (k + 1) * _PART, best[0].strip("<|>"), float(best[1]))
                for k, best in ((k, next(ranked)[0]) for k in range(count))
            )
            for count in counts
        ]

    def _tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415 - see load

        try:
            return Tokenizer(self._model.hf_tokenizer, self._model.model.is_multilingual, task=task, language=language)
        except ValueError as unknown:
            raise ModelError(f"Whisper does not know the language {language!r}") from unknown

    def _suppressed(self, tokenizer: Any) -> list[int]:
        from faster_whisper.transcribe import get_suppressed_tokens  # noqa: PLC0415 - see load

        return list(get_suppressed_tokens(tokenizer, [-1]))

    def _timed(
        self, encoded: Any, prompts: Sequence[Any], tokens: Sequence[list[int]], clips: Sequence[Floats]
    ) -> list[list[HeardWord]]:
        """Word times from cross-attention, clips of one language together."""
        words: list[list[HeardWord]] = [[] for _ in clips]
        groups: dict[tuple[int, ...], list[int]] = {}
        for i, tokenizer in enumerate(prompts):
            if tokens[i]:
                groups.setdefault(tuple(tokenizer.sot_sequence), []).append(i)
        for start, members in groups.items():
            part = encoded if len(members) == len(clips) else _part(encoded, members)
            frames = [max(1, round(len(clips[i]) / self.rate * 100)) for i in members]
            aligned = self._model.model.align(part, list(start), [tokens[i] for i in members], frames)
            for i, result in zip(members, aligned, strict=True):
                words[i] = _words(prompts[i], tokens[i], result, len(clips[i]) / self.rate)
        return words


def _part(encoded: Any, members: Sequence[int]) -> Any:
    return _stored(_array(encoded)[list(members)])


def _array(encoded: Any) -> Any:
    """What the encoder made, as an array on the host."""
    from ctranslate2 import Device  # noqa: PLC0415 - see load

    there = encoded if encoded.device == "cpu" else encoded.to_device(Device.cpu)
    return np.array(there)


def _stored(array: Any) -> Any:
    from ctranslate2 import StorageView  # noqa: PLC0415 - see load

    return StorageView.from_array(np.ascontiguousarray(array))


def _words(tokenizer: Any, tokens: list[int], result: Any, length: float) -> list[HeardWord]:
    from faster_whisper.transcribe import merge_punctuations  # noqa: PLC0415 - see load

    texts, ids = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    if len(ids) <= 1:
        return []
    edges = np.cumsum([0, *(len(i) for i in ids[:-1])])
    text_at = np.array([pair[0] for pair in result.alignments])
    time_at = np.array([pair[1] for pair in result.alignments])
    jumps = time_at[np.concatenate(([True], np.diff(text_at) > 0))] / 50
    probability = np.asarray(result.text_token_probs)
    timed = [
        {
            "word": text,
            "tokens": part,
            "start": float(jumps[min(a, len(jumps) - 1)]),
            "end": float(jumps[min(b, len(jumps) - 1)]),
            "probability": float(probability[a:b].mean()) if b > a else 0.0,
        }
        for text, part, a, b in zip(texts[:-1], ids[:-1], edges[:-1], edges[1:], strict=True)
    ]
    merge_punctuations(timed, _PREPENDED, _APPENDED)
    if tokenizer.language_code not in UNSPACED:
        timed = _unbroken(timed)
    return [
        HeardWord(w["word"].strip(), min(w["start"], length), min(max(w["end"], w["start"]), length), w["probability"])
        for w in timed
        if w["word"].strip()
    ]


def _unbroken(timed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Words that the tokenizer divided at a hyphen or an apostrophe (c'est, ill-disposed) in one piece again."""
    whole: list[dict[str, Any]] = []
    for piece in timed:
        if whole and piece["word"] and not piece["word"][0].isspace():
            last = whole[-1]
            share = len(last["tokens"]) / max(1, len(last["tokens"]) + len(piece["tokens"]))
            last["probability"] = share * last["probability"] + (1 - share) * piece["probability"]
            last["word"], last["tokens"] = last["word"] + piece["word"], last["tokens"] + piece["tokens"]
            last["end"] = max(last["end"], piece["end"])
        else:
            whole.append(dict(piece))
    return whole


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0
