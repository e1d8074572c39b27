"""Names as keys: two spellings of one name normalise to the same text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""The five tone marks of Vietnamese, as combining characters: grave, acute, tilde, hook above, dot below."""

_ETH = str.maketrans({"\u00d0": "\u0111", "\u00f0": "\u0111"})
"""Eth, which old fonts show in place of the Vietnamese d with stroke."""


@lru_cache(maxsize=100_000)
def normalise(text: str) -> str:
    """The form of `text` in which spellings of one name are equal; not for display.

    Composed and decomposed letters, case, spaces, punctuation and the place of the tone mark (*hoà*, *hòa*) make no
    difference. Letters, digits, `%`, currency signs and signs such as `<`, `+` or `≥` do, because labels differ by them.
    The tone mark of a syllable moves to its end, which loses nothing: a syllable has one tone.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.translate(_ETH)).casefold())
    kept = "".join(_as_kept(character) for character in decomposed)
    return unicodedata.normalize("NFC", " ".join(_tone_last(word) for word in kept.split()))


def _as_kept(character: str) -> str:
    match unicodedata.category(character):
        case "Cf" | "Cc" if not character.isspace():
            return ""
        case "Sm" | "Sc":
            return f" {character} "
        case category if category[0] in "LNM":
            return character
        case _:
            return f" {character} " if character == "%" else " "


def _tone_last(word: str) -> str:
    tones = [character for character in word if character in _TONES]
    return "".join([character for character in word if character not in _TONES] + tones)


KINDS_OF_PLACE_AND_HOUSE = (
    ("trung tâm kiểm soát bệnh tật", "ttksbt"),
    ("trung tâm y tế dự phòng", "ttytdp"),
    ("phòng khám đa khoa", "pkđk"),
    ("bệnh viện đa khoa", "bvđk"),
    ("bệnh viện", "bv"),
    ("phòng khám", "pk"),
    ("trạm y tế", "tyt"),
    ("trung tâm y tế", "ttyt"),
    ("trung tâm", "tt"),
    ("thị trấn", "tt"),
    ("thị xã", "tx"),
    ("thành phố", "tp"),
    ("sở y tế", "syt"),
    ("y tế", "yt"),
    ("huyện", "h"),
    ("quận", "q"),
    ("phường", "p"),
    ("tỉnh", "t"),
    ("xã", "x"),
)
"""What kinds of places and houses are called in full and in short: the language's own abbreviations, no names of anybody."""

_ABBREVIATIONS = {normalise(full): short for full, short in KINDS_OF_PLACE_AND_HOUSE}
_IN_FULL = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, _ABBREVIATIONS))})(?!\S)")
_NUMBERED = re.compile(r"(?<!\S)([pqx])([0-9]+)(?!\S)")


@lru_cache(maxsize=100_000)
def abbreviate(text: str) -> str:
    """The normalised form of `text` in which kinds of places and houses are written short: *Trạm Y tế xã Một* and *TYT x. Một* are equal.

    Long forms become short ones and never the other way, since *TT* may be a town or a centre.
    """
    return _NUMBERED.sub(r"\1 \2", _IN_FULL.sub(lambda full: _ABBREVIATIONS[full[0]], normalise(text)))
