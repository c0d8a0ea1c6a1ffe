"""Words of the lists in every language: what is found, and what only looks like them."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.stages.wordlists import LANGUAGE, STRENGTHS, TOPICS, languages, same_word, strong_words, words_of

INNOCENT = {
    "en": [
        *("Scunthorpe", "a classic assassin", "cockpit", "shitake", "Dickens passed", "assess", "pricked my finger"),
        *("a pass-through", "it was—the end", "Hello--there", "press # to go on", "grape", "therapist", "Essex"),
        *("skilled", "begun", "rumour", "original", "a well-known barge", "cigaret", "methane", "penguin", "shirty"),
    ],
    "de": [
        *("Marsch", "Kuhschwänze", "der Nistkasten", "Mistelzweig", "Musik", "Barsch", "Hurensen", "Fickle", "Idiom"),
        *("Negev", "Bierdeckel", "Weinheim", "Rumpelstilzchen", "Kokosnuss", "Mordred", "Waffel", "Puffer"),
    ],
    "fr": [
        *(
            "concombre",
            "content",
            "députée",
            "réputation",
            "cultiver",
            "reculer",
            "chatter",
            "nuque",
            "ivrea",
            "unique",
        ),
        *(
            "communiquer",
            "vinaigre",
            "bièvre",
            "tuerie du",
            "fusiller",
            "salopette",
            "continu",
            "connaître",
            "Rhumatisme",
        ),
    ],
    "es": [
        *(
            "computadora",
            "disputa",
            "reputación",
            "pollo",
            "culpa",
            "oculto",
            "matemáticas",
            "Marsella",
            "ronda",
            "sexto",
        ),
        *("vinoteca", "drogería", "sangría", "asesor", "negro", "negra", "follaje", "putativo"),
    ],
    "it": [
        *("cazzuola", "culla", "oculista", "stupore", "negozio", "negare", "reputazione", "birreria", "vinoso"),
        *("sessanta", "drogheria", "armadio", "trofeo", "palla", "fotografo", "sottotitolo"),
    ],
    "hi": ["chandni", "lundi", "gandhi", "randeep", "harmonium", "sharmaji", "khoobsurat", "चोर", "लंदन", "गाँव"],
}
"""Texts without a word of the lists, though with their letters."""

FOUND = {
    "en": [
        ("FUCKING", "sexual", "strong"),
        ("fuuuuck", "sexual", "strong"),
        ("motherfuckers", "sexual", "very-strong"),
        ("f**k", "sexual", "strong"),
        ("f--king", "sexual", "strong"),
        ("f—k", "sexual", "strong"),
        ("b*tch", "profanity", "moderate"),
        ("sh1t", "profanity", "strong"),
        ("Son of a\nbitch", "profanity", "moderate"),
        ("faggots", "discrimination", "very-strong"),
        ("cocaine", "drugs", "mild"),
        ("Whisky", "alcohol", "mild"),
        ("cigarettes", "tobacco", "mild"),
        ("Smoking is injurious to health", "tobacco-warning", "mild"),
        ("murdered", "violence", "mild"),
        ("orgasm", "sex", "mild"),
    ],
    "de": [
        ("Scheiße", "profanity", "moderate"),
        ("beschissenen", "profanity", "moderate"),
        ("Arschloch", "profanity", "strong"),
        ("gefickt", "sexual", "strong"),
        ("F*tze", "sexual", "very-strong"),
        ("Halt\u2019s Maul", "profanity", "moderate"),
        ("Rauchen ist tödlich", "tobacco-warning", "mild"),
        ("Zigaretten", "tobacco", "mild"),
        ("erschossen", "violence", "mild"),
    ],
    "fr": [
        ("Putain", "profanity", "strong"),
        ("l\u2019enculé", "sexual", "strong"),
        ("Nique ta mère", "sexual", "strong"),
        ("m*rde", "profanity", "moderate"),
        ("connards", "profanity", "strong"),
        ("d'alcool", "alcohol", "mild"),
        ("bougnoule", "discrimination", "very-strong"),
        ("Fumer tue", "tobacco-warning", "mild"),
    ],
    "es": [
        ("¡Hijo de puta!", "profanity", "strong"),
        ("joder", "profanity", "moderate"),
        ("chingada", "sexual", "strong"),
        ("mierdas", "profanity", "moderate"),
        ("maricones", "discrimination", "strong"),
        ("cervezas", "alcohol", "mild"),
        ("cigarrillo", "tobacco", "mild"),
    ],
    "it": [
        ("Cazzo", "sexual", "strong"),
        ("vaffanculo", "sexual", "strong"),
        ("stronzi", "profanity", "moderate"),
        ("testa di cazzo", "profanity", "strong"),
        ("un'idiota", "profanity", "mild"),
        ("c*zzo", "sexual", "strong"),
        ("Il fumo uccide", "tobacco-warning", "mild"),
    ],
    "hi": [
        ("madarchod", "sexual", "very-strong"),
        ("Behen Chod", "sexual", "very-strong"),
        ("मादरचोद", "sexual", "very-strong"),
        ("chutiya", "profanity", "strong"),
        ("चूतिये", "profanity", "strong"),
        ("haraami", "profanity", "moderate"),
        ("शराब", "alcohol", "mild"),
        ("sigret", "tobacco", "mild"),
        ("धूम्रपान स्वास्थ्य के लिए हानिकारक है", "tobacco-warning", "mild"),
    ],
}


def test_every_list_has_examples_both_ways():
    assert set(INNOCENT) == set(FOUND) == languages()


@pytest.mark.parametrize(("language", "text"), [(lang, text) for lang, texts in INNOCENT.items() for text in texts])
def test_innocent_words_are_left_alone(language: str, text: str):
    assert words_of(text, language) == []


@pytest.mark.parametrize(
    ("language", "text", "topic", "strength"), [(lang, *case) for lang, cases in FOUND.items() for case in cases]
)
def test_words_are_found_once_with_topic_and_strength(language: str, text: str, topic: str, strength: str):
    (hit,) = words_of(f"… {text}, …", language)
    assert (hit.topic, hit.strength) == (topic, strength)
    assert same_word(hit.text) == same_word(text)


@pytest.mark.parametrize(("text", "sure"), [("fuck", 1.0), ("f**k", 0.6), ("cock", 0.4)])
def test_masked_words_and_words_of_two_senses_are_less_sure(text: str, sure: float):
    assert [hit.score for hit in strong_words(text, "en")] == [sure]


def test_a_word_can_be_of_two_topics():
    assert {(h.topic, h.start) for h in words_of("Oh, bloody murder!", "en")} == {("violence", 4)}
    assert {h.topic for h in words_of("shit", "fr")} == {"drugs"}


def test_a_phrase_is_one_word_and_its_words_are_no_others():
    assert [h.text for h in words_of("hijo de puta", "es")] == ["hijo de puta"]
    assert [h.text for h in words_of("puta y puta", "es")] == ["puta", "puta"]


def test_a_language_without_a_list_is_refused():
    with pytest.raises(LookupError, match="'pl'"):
        words_of("kurwa", "pl")


@pytest.mark.parametrize("language", sorted(languages()))
def test_lists_say_what_they_are_and_hold_nothing_else(language: str):
    text = (files("cinedex.policies") / "language" / f"{language}.toml").read_text(encoding="utf-8")
    assert "Written for Cinedex from general knowledge" in " ".join(text.replace("#", "").split())
    table = tomllib.loads(text)
    assert set(table) == {"endings", *TOPICS}
    for topic in TOPICS:
        assert set(table[topic]) <= set(STRENGTHS)
        for group in table[topic].values():
            assert set(group) <= {"bases", "whole", "perhaps"}
            written = [form for forms in group.values() for form in forms]
            assert all(form == form.casefold() or "ß" in form for form in written)
            assert len(set(written)) == len(written)
    assert all({"very-strong", "strong"} & set(table[topic]) for topic in LANGUAGE)


@given(st.text(max_size=200), st.sampled_from(sorted(languages())))
def test_any_text_is_read(text: str, language: str):
    for hit in words_of(text, language):
        assert text[hit.start :].startswith(hit.text)
        assert 0 < hit.score <= 1
