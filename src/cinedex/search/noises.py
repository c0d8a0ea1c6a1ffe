"""What else people call the sounds that are told apart, so that gunfire finds a gunshot and laughing finds laughter.

Other forms of a word that English endings join (bark, barking) are not repeated. Words that mean other things in most
queries (shot, train as a verb, fly, ring) are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

_WORDS = {
    "gunshot": "gunfire, shooting, gun, pistol, rifle",
    "machine gun": "gunfire, machinegun, automatic weapon",
    "explosion": "explode, blast, detonation, bomb, artillery, eruption",
    "boom": "bang, thud",
    "fireworks": "firework, firecracker",
    "speech": "",
    "shouting": "shout, yell, yelling, scream",
    "screaming": "scream, shriek",
    "whispering": "whisper",
    "laughter": "laugh, laughing, giggle, giggling, chuckle, snicker",
    "crying": "cry, cries, sob, sobbing, weep, weeping, whimper, wail",
    "coughing": "cough, sneeze, sneezing",
    "snoring": "snore",
    "children": "child, kids, playground",
    "crowd": "chatter, hubbub",
    "cheering": "cheer",
    "applause": "applaud, clap, clapping",
    "music": "song, tune, musical, instrument",
    "singing": "sing, sings, singer, choir, chant, humming, opera",
    "footsteps": "footstep, steps",
    "door": "slam, slamming",
    "knock": "knocking",
    "telephone": "phone, ringtone",
    "bell": "bells, chime, doorbell",
    "alarm": "buzzer, beeping",
    "siren": "police car, ambulance, fire engine, fire truck",
    "clock": "ticking, tick",
    "typing": "keyboard, typewriter",
    "glass breaking": "broken glass, shatter, shattering",
    "crash": "smash, smashing",
    "dishes": "crockery, cutlery, clatter",
    "power tool": "chainsaw, drill, drilling, jackhammer, saw, sawing, lawn mower",
    "vehicle": "car, truck, lorry, bus, motorcycle, motorbike, traffic",
    "engine": "motor, idling, revving",
    "skidding": "tyres squealing, tires squealing",
    "horn": "honk, honking, hooting, foghorn",
    "train": "railway, subway, locomotive",
    "aircraft": "airplane, aeroplane, plane, jet, propeller",
    "helicopter": "chopper, rotor",
    "boat": "ship, motorboat",
    "rain": "raindrops, downpour",
    "thunder": "thunderstorm, thunderclap",
    "wind": "",
    "water": "waves, surf, ocean, sea, stream, waterfall, splash, splashing, tap, faucet",
    "fire": "crackle, crackling, flames",
    "animal": "",
    "dog": "bark, barking, howl, howling, growl, growling",
    "cat": "meow, meowing, mew, purr, purring",
    "horse": "hooves, hoofs, neigh, neighing",
    "bird": "birdsong, chirp, chirping, twittering, pigeon, crow, owl",
    "poultry": "rooster, cock, crowing, chicken, hen, cluck, duck, quack, goose, turkey",
    "insect": "cricket, mosquito, bee, buzz, buzzing",
    "silence": "",
}  # fmt: skip


def noises_of(labels: Iterable[str]) -> list[str]:
    """Other words for sounds, in order, each once; labels that nobody has given any have none."""
    words = (word for label in labels for word in _WORDS.get(label, "").split(", ") if word)
    return list(dict.fromkeys(words))


def meant(word: str) -> list[str]:
    """The sounds that a word stands for, itself aside."""
    wanted = word.casefold().strip()
    return [label for label, own in _WORDS.items() if wanted and wanted in own.split(", ")]


NAMED = frozenset(_WORDS)
"""The sounds that have an entry here."""
