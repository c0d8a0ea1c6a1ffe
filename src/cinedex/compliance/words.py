"""The words that packs count; the lists are read by the stage that finds mentions too."""

from cinedex.stages.wordlists import LANGUAGE, STRENGTHS, TOPICS, Hit, languages, strong_words, words_of

__all__ = ["LANGUAGE", "STRENGTHS", "TOPICS", "Hit", "languages", "strong_words", "words_of"]
