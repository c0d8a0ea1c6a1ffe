"""What kind of thing a tagged class is, in the words people look for: a golden retriever is a dog, a cab is a car.

The tagger's classes are fine: it has 118 breeds of dog and none called dog. The numbers are those of ImageNet's 2012
challenge, as in models/imagenet_labels.txt.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_KINDS = {
    "animal": "0-397",
    "fish": "0-6 389-397",
    "shark": "2-4",
    "bird": "7-24 80-100 127-146",
    "chicken": "7-8",
    "eagle": "22",
    "owl": "24",
    "frog": "30-32",
    "turtle": "33-37",
    "lizard": "38-48",
    "crocodile": "49-50",
    "dinosaur": "51",
    "snake": "52-68",
    "spider": "72-77",
    "parrot": "87-90",
    "duck": "97-98",
    "swan": "100",
    "elephant": "101 385-386",
    "crab": "118-121 125",
    "lobster": "122-123",
    "stork": "127-128",
    "penguin": "145",
    "whale": "147-148",
    "dog": "151-268",
    "wolf": "269-271",
    "fox": "277-280",
    "cat": "281-285",
    "bear": "294-297",
    "insect": "300-326",
    "beetle": "300-307",
    "butterfly": "321-326",
    "rabbit": "330-332",
    "squirrel": "335",
    "horse": "339",
    "pig": "341-343",
    "cow": "345",
    "sheep": "348-349",
    "goat": "350",
    "antelope": "351-353",
    "camel": "354",
    "ape": "365-369",
    "monkey": "370-382",
    "panda": "387-388",
    "vehicle": "407-408 436 444 466 468 511 547 555 561 565 569 573 575 586 595 603 609 612 621 627 654 656 661 665 "
    "670-671 675 690 705 717 734 751 757 779 802-803 817 820 829 847 864 866-867 870 874 880",
    "car": "436 468 511 609 627 656 661 751 817",
    "taxi": "468",
    "truck": "555 569 717 864 867",
    "van": "656 675 734",
    "bus": "654 779 874",
    "tram": "829",
    "train": "466 547 565 705 820",
    "bicycle": "444 671",
    "bike": "444 670-671",
    "motorcycle": "665 670",
    "ship": "403 510 628 724 780 913",
    "boat": "472 484 554 576 625 780 814 871 914",
    "airplane": "404 895",
    "aircraft": "404-405 417 895",
    "weapon": "413 456 471 657 763-764",
    "gun": "413 763-764",
    "computer": "527 590 620 681",
    "telephone": "487 528 707",
    "phone": "487 528 707",
    "camera": "732 759",
    "guitar": "402 546",
    "piano": "579 881",
    "instrument": "401-402 420 432 486 513 541 546 558 566 579 593-594 641-642 683-684 687 699 776 822 875 881 889",
    "clock": "409 530 892",
    "watch": "531",
    "clothes": "399-400 411 445 474 501 568 578 601 608 610 614 617 638-639 652 655 689 697 735 775 834 841-842 869",
    "dress": "578 601 689",
    "hat": "439 452 515 808",
    "helmet": "518 560 715",
    "shoe": "502 514 630 770 774",
    "shop": "415 424 454 467 509 582 788 860 865",
    "building": "425 449 483 497-498 580 624 663 668 698 727 832",
    "bridge": "821 839 888",
    "fence": "489 716 912",
    "wall": "825",
    "chair": "423 559 765",
    "bench": "703",
    "bed": "520 564",
    "table": "526 532",
    "lamp": "619 846",
    "ball": "429-430 522 574 722 768 805 852 890",
    "bottle": "440 720 737 898 907",
    "cup": "504 968",
    "food": "924-929 930-938 959-965",
    "bread": "930-932",
    "fruit": "948-957",
    "apple": "948",
    "vegetable": "936-946",
    "wine": "907 966",
    "coffee": "504-505 967",
    "flower": "984-986",
    "mushroom": "947 991-997",
    "mountain": "970",
    "lake": "975",
    "coast": "976-978",
    "beach": "977-978",
    "person": "981-983",
    "fire": "862",
}
"""Kinds by class numbers; a class may be of several. Words that are in a class's own name need not be here."""

NAMES = frozenset(_KINDS)
"""The words for kinds."""


def kinds_of(labels: Iterable[str]) -> list[str]:
    """The kinds of the labels, each once, in order of the labels."""
    return list(dict.fromkeys(kind for label in labels for kind in _table().get(label, ())))


@cache
def _table() -> dict[str, tuple[str, ...]]:
    lines = files("cinedex.models").joinpath("imagenet_labels.txt").read_text("utf-8").splitlines()
    names = [line.partition("\t")[2] for line in lines if "\t" in line and not line.startswith("#")]
    found: dict[str, list[str]] = {}
    # The narrower kinds have fewer classes, and come first.
    for kind, numbers in sorted(((k, list(_numbers(v))) for k, v in _KINDS.items()), key=lambda x: len(x[1])):
        for number in numbers:
            found.setdefault(names[number], []).append(kind)
    return {name: tuple(kinds) for name, kinds in found.items()}


def _numbers(ranges: str) -> Iterable[int]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
