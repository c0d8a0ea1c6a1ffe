"""Streams of spoken words in many scripts, as recognisers give them: for properties that hold whatever is said."""

# ruff: noqa: RUF001 - marks that look alike are wanted

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from cinedex.timeline.rows import Word
from cinedex.timeline.time import Time

SPOKEN = {
    "en": "I never thought that you would come back , but the old door is open . Why ? Doctor Brown said no …",
    "de": "Es ist kalt , weil der Winter gekommen ist . Donaudampfschifffahrtsgesellschaft ! Warum denn ?",
    "fr": "Je ne sais pas ce que tu veux dire , mais la porte de l'ancienne maison est ouverte . Pourquoi donc ?",
    "ru": "Я никогда не думал , что ты вернёшься в этот старый дом . Почему же ?",
    "ar": "لم أعتقد أبدا أنك ستعود ، لكن باب البيت القديم كان مفتوحا . لماذا ؟",
    "he": "מעולם לא חשבתי שתחזור , אבל הדלת של הבית הישן הייתה פתוחה . למה ?",
    "hi": "मैंने कभी नहीं सोचा था कि तुम वापस आओगे , लेकिन पुराने घर का दरवाज़ा खुला था । क्यों ?",
    "ja": "まさか 君 が 戻って くる と は 思わなかった 、 でも 古い 家 の 扉 は 開いて いた 。 なぜ ？",
    "zh": "我 从来 没有 想到 你 会 回来 ， 但是 老房子 的 门 是 开着 的 。 为什么 ？",
    "ko": "네가 돌아올 거라고는 생각도 못 했어 , 하지만 낡은 집의 문은 열려 있었다 . 왜 ?",
    "th": "ฉัน ไม่ เคย คิด ว่า คุณ จะ กลับ มา แต่ ประตู บ้าน เก่า เปิด อยู่",
}  # fmt: skip


def vocabulary(language: str) -> list[str]:
    """Its words, each mark with the word before it."""
    words: list[str] = []
    for piece in SPOKEN[language].split():
        if words and not piece[0].isalpha() and len(piece) == 1:
            words[-1] += piece
        else:
            words.append(piece)
    return words


def said(texts: Sequence[str], language: str, pace: float, pauses: Sequence[float], start: float = 0.5) -> list[Word]:
    """Words spoken at `pace` characters a second, marks and spaces included, with a pause after each."""
    made, at = [], start
    for text, pause in zip(texts, pauses, strict=True):
        end = at + (len(text) + 1) / pace
        made.append(
            Word(start=Time.from_seconds(at), end=Time.from_seconds(end), text=text, language=language, score=1)
        )
        at = end + pause
    return made


@st.composite
def talk(draw: st.DrawFn, languages: Sequence[str], pace: st.SearchStrategy[float]) -> list[Word]:
    """Up to eighty words of one language at one pace, with pauses of any length between."""
    language = draw(st.sampled_from(languages))
    texts = draw(st.lists(st.sampled_from(vocabulary(language)), min_size=1, max_size=80))
    pauses = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.05, 0.2, 0.6, 1.3, 4.0, 12.0]), min_size=80, max_size=80))
    return said(texts, language, draw(pace), pauses[: len(texts)])
