"""Questions in German, French and Spanish, put into the English forms that tools know, as far as one fits.

What is asked about stays in its own words, which are found by their meaning, but for the common names of sounds and
things: these stand in films as English labels. The form is said openly, so that a misreading can be seen.
"""

from __future__ import annotations

import re
from functools import cache

_FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "de": (
        (r"was sagt (.+?) zu (.+)", "what does {0} say to {1}"),
        (r"was sagt (.+?) (?:über|ueber|von) (.+)", "what does {0} say about {1}"),
        (
            (r"was (?:wird|wurde) (?:über|ueber|von) (.+?) gesagt|was sagt man (?:über|ueber)"
            r" (.+)"),
            "is there {0}",
        ),
        (r"was sagt (.+)", "what does {0} say"),
        (r"was (?:passiert|geschieht|kommt) nach (.+)", "what happens after {0}"),
        (r"was (?:passiert|geschieht|kommt) vor (.+)", "what happens before {0}"),
        (r"was (?:steht|liest man)(?: geschrieben)? (.+)", "what is written {0}"),
        (r"wer (?:ist|spielt|erscheint|kommt) (?:in|im) (.+?)(?: vor)?", "who is in {0}"),
        (
            (r"(?:wo|wann) (?:ist|sind|sieht man|hört man|gibt es|kommt|kommen)"
            r" (.+?)(?: vor| zu sehen| zu hören)?"),
            "where is {0}",
        ),
        (r"wie viele (?:szenen|einstellungen) (?:haben|mit|zeigen|gibt es mit) (.+)", "how many scenes have {0}"),
        (r"wie viele filme (?:haben|mit|zeigen|gibt es mit) (.+)", "how many films have {0}"),
        (
            r"welche (?:filme|aufnahmen) (?:haben|zeigen|mit) (.+?),? (?:aber|und|doch)? ?(?:keine?n?|ohne) (.+)",
            "which films have {0} but no {1}",
        ),
        (
            (r"(?:in )?welche[nr]? (?:filme?n?|aufnahmen?) (?:haben|hat|zeigen|mit|gibt es|hört man|sieht man)"
            r" (.+)"),
            "which films have {0}",
        ),
        (r"(?:worum geht es in|worum geht es im|wovon handelt) (.+)", "what is {0} about"),
        (r"(?:gibt es|zeige? mir) (.+)", "is there {0}"),
    ),
    "fr": (
        (r"que dit-on (?:de |du |des |sur )(.+)", "is there {0}"),
        (r"(?:que dit|qu'est-ce que dit) (.+?) (?:à|au|aux) (.+)", "what does {0} say to {1}"),
        (r"(?:que dit|qu'est-ce que dit) (.+?) (?:de|du|des|sur|au sujet de) (.+)", "what does {0} say about {1}"),
        (r"(?:que dit|qu'est-ce que dit) (.+)", "what does {0} say"),
        (r"que se passe-t-il après (.+)", "what happens after {0}"),
        (r"que se passe-t-il avant (.+)", "what happens before {0}"),
        (r"(?:que lit-on|qu'est-ce qui est écrit|qu'est-il écrit) (.+)", "what is written {0}"),
        (r"qui (?:est|voit-on|apparaît|joue) dans (.+)", "who is in {0}"),
        (r"(?:où|quand) (?:est|sont|voit-on|entend-on|y a-t-il|se trouvent?) (.+)", "where is {0}"),
        (r"combien de (?:scènes|plans) (?:ont|avec|montrent|contiennent) (.+)", "how many scenes have {0}"),
        (r"combien de films (?:ont|avec|montrent|contiennent) (.+)", "how many films have {0}"),
        (
            (r"(?:quels|dans quels) (?:films|enregistrements) (?:ont|avec|montrent|contiennent|y a-t-il|entend-on)"
            r" (.+?),? (?:mais|et)? ?(?:pas de|pas|sans) (.+)"),
            "which films have {0} but no {1}",
        ),
        (
            (r"(?:quels|dans quels) (?:films|enregistrements) (?:ont|avec|montrent|contiennent|y a-t-il|entend-on)"
            r" (.+)"),
            "which films have {0}",
        ),
        (r"de quoi parle (.+)", "what is {0} about"),
        (r"(?:y a-t-il|est-ce qu'il y a|montrez?-moi) (.+)", "is there {0}"),
    ),
    "es": (
        (r"qué se dice (?:sobre|de|del|acerca de) (.+)", "is there {0}"),
        (r"qué (?:le )?dice (.+?) (?:a|al) (.+)", "what does {0} say to {1}"),
        (r"qué dice (.+?) (?:sobre|acerca de|del|de) (.+)", "what does {0} say about {1}"),
        (r"qué dice (.+)", "what does {0} say"),
        (r"qué (?:pasa|ocurre|sucede) después (?:de|del) (.+)", "what happens after {0}"),
        (r"qué (?:pasa|ocurre|sucede) antes (?:de|del) (.+)", "what happens before {0}"),
        (r"qué (?:está escrito|pone|se lee) (.+)", "what is written {0}"),
        (r"quién (?:está|sale|aparece) en (.+)", "who is in {0}"),
        (r"(?:dónde|cuándo) (?:está|están|hay|se ven?|se oyen?|se escuchan?|aparecen?) (.+)", "where is {0}"),
        (r"(?:en )?cuántas (?:escenas|tomas) (?:tienen|con|muestran|hay con|hay) (.+)", "how many scenes have {0}"),
        (r"(?:en )?cuántas películas (?:tienen|con|muestran|hay con|hay) (.+)", "how many films have {0}"),
        (
            (r"(?:en )?qué (?:películas|grabaciones) (?:tienen|con|muestran|hay|se oyen?)"
            r" (.+?),? (?:pero|y)? ?(?:no|sin) (.+)"),
            "which films have {0} but no {1}",
        ),
        (r"(?:en )?qué (?:películas|grabaciones) (?:tienen|con|muestran|hay|se oyen?) (.+)", "which films have {0}"),
        (r"de qué (?:trata|va) (.+)", "what is {0} about"),
        (r"(?:hay|muéstrame) (.+)", "is there {0}"),
    ),
}  # fmt: skip
"""Forms by language, the narrower first."""

_ARTICLES = {
    "de": "der die das den dem des ein eine einen einem einer eines",
    "fr": "le la les un une des du",
    "es": "el la los las un una unos unas",
}

_PLACES = (
    (r"am (?:ende|schluss) (?:des|der|vom|von)?|à la fin (?:de|du|des)?|al final (?:de|del)?", "at the end of"),
    (r"am anfang (?:des|der|vom|von)?|au début (?:de|du|des)?|al principio (?:de|del)?", "at the beginning of"),
    (r"bei nacht|nachts|in der nacht|(?:de|la) nuit|de noche|por la noche", "at night"),
)  # fmt: skip

_NAMES = """
dog: hund hunde, chien chiens, perro perros
cat: katze katzen, chat chats, gato gatos
horse: pferd pferde, cheval chevaux, caballo caballos
bird: vogel vögel, oiseau oiseaux, pájaro pájaros ave aves
rabbit: kaninchen hase hasen, lapin lapins, conejo conejos
rooster: hahn, coq, gallo
cow: kuh kühe, vache vaches, vaca vacas
sheep: schaf schafe, mouton moutons, oveja ovejas
elephant: elefant elefanten, éléphant éléphants, elefante elefantes
insect: insekt insekten, insecte insectes, insecto insectos
person: mensch person, personne, persona
people: menschen leute personen, gens personnes, gente personas
child: kind, enfant, niño niña
children: kinder, enfants, niños niñas
baby: baby säugling, bébé, bebé
car: auto autos wagen, voiture voitures, coche coches carro carros
bus: bus busse, autobus, autobús autobuses
truck: lastwagen lkw, camion camions, camión camiones
bicycle: fahrrad fahrräder, vélo vélos, bicicleta bicicletas
motorcycle: motorrad motorräder, moto motos, motocicleta motocicletas
train: zug züge, train trains, tren trenes
boat: boot boote schiff schiffe, bateau bateaux, barco barcos
aircraft: flugzeug flugzeuge, avion avions, avión aviones
helicopter: hubschrauber helikopter, hélicoptère hélicoptères, helicóptero helicópteros
rain: regen, pluie, lluvia
thunder: donner, tonnerre, trueno truenos
wind: wind, vent, viento
water: wasser, eau, agua
waves: wellen, vagues, olas
fire: feuer, feu, fuego
music: musik, musique, música
singing: gesang, chant, canto
speech: sprache rede dialog, parole paroles dialogue, habla diálogo
text: text schrift, texte, texto
gunshot: schuss schüsse, coup-de-feu tir tirs, disparo disparos
explosion: explosion explosionen, explosion explosions, explosión explosiones
siren: sirene sirenen, sirène sirènes, sirena sirenas
applause: applaus beifall, applaudissements, aplausos
laughter: gelächter lachen, rire rires, risa risas
crying: weinen, pleurs, llanto
screaming: schreie geschrei, cris, gritos
bell: glocke glocken, cloche cloches, campana campanas
clock: uhr, horloge, reloj
door: tür türen, porte portes, puerta puertas
flower: blume blumen, fleur fleurs, flor flores
tree: baum bäume, arbre arbres, árbol árboles
table: tisch, table, mesa
beach: strand, plage, playa
forest: wald, forêt, bosque
desert: wüste, désert, desierto
city: stadt, ville, ciudad
street: straße strasse, rue, calle
snow: schnee, neige, nieve
night: nacht, nuit, noche
film: film films filme filmes, film films, película películas
trailer: trailer trailers vorschau, bande-annonce, tráiler avance
title: titel, titre, título
credits: abspann, générique, créditos
"""
"""English labels and the words for them in German, French and Spanish, in that order."""


def in_english(text: str) -> tuple[str, str]:
    """A question in the English form of it and the language that it was in; as it is, and no language, if none fits."""
    for language, forms in _compiled().items():
        for pattern, form in forms:
            match = pattern.fullmatch(text)
            if match is not None:
                parts = [_bare(part, language) for part in match.groups() if part is not None]
                return form.format(*parts), language
    return text, ""


def _bare(text: str, language: str) -> str:
    """What is asked about: common names in English, without articles."""
    for pattern, place in _PLACES:
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", place, text, flags=re.IGNORECASE)
    names, articles = _names()[language], _ARTICLES[language].split()
    text = re.sub(r"^(?:de|du|des)\s+", "", text, flags=re.IGNORECASE) if language == "fr" else text
    words = re.sub(r"\b[ldLD]['\u2019](?=\w)", "", text).split()
    kept = [names.get(w.casefold(), w) for w in words if w.casefold() not in articles]
    return " ".join(kept).removesuffix(" of") or text


@cache
def _compiled() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    return {
        language: tuple((re.compile(pattern, re.IGNORECASE), form) for pattern, form in forms)
        for language, forms in _FORMS.items()
    }


@cache
def _names() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {language: {} for language in _FORMS}
    for line in _NAMES.strip().splitlines():
        label, _, words = line.partition(": ")
        for language, own in zip(_FORMS, words.split(", "), strict=True):
            found[language] |= dict.fromkeys(own.split(), label)
    return found
