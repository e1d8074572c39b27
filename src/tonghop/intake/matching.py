"""Which known names an unknown text is near to. What is found here is only ever proposed: no figure is read by it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import fuzz

from tonghop.catalog import Pack, abbreviate, normalise
from tonghop.catalog.names import KINDS_OF_PLACE_AND_HOUSE
from tonghop.catalog.rows import Unit
from tonghop.intake.vocabulary import fold
from tonghop.model import Candidate

CANDIDATES = 3
"""More are no help to who decides."""
LEAST_SCORE = 60
"""What is less alike is something else."""
_SHARE_OF_BARE = 0.65
"""What a name says without the kind of place or house tells more than the rest."""

_KINDS = {fold(full): fold(short) for full, short in KINDS_OF_PLACE_AND_HOUSE}
_KIND_WORDS = frozenset(_KINDS.values())
_KINDS_IN_FULL = re.compile(rf"\b(?:{'|'.join(_KINDS)})\b")
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_MOST_WORDS = 30
_LONGEST_NAME = 10
"""In words; a longer run of words is no name."""


def plain(text: str) -> str:
    """Words and numbers of a text without case and diacritics, kinds of places and houses in short: as names of files are written."""
    return _KINDS_IN_FULL.sub(lambda full: _KINDS[full[0]], " ".join(_WORDS.findall(fold(text))))


class _Name(NamedTuple):
    """A name made ready to be compared."""

    whole: str
    """with its diacritics, abbreviated"""
    bare: str
    """without diacritics, and without kinds of places and houses where there is more"""


def _prepared(text: str) -> _Name:
    words = plain(text).split()
    bare = [word for word in words if word not in _KIND_WORDS]
    return _Name(abbreviate(text), " ".join(bare or words))


def _likeness(one: _Name, other: _Name) -> int:
    bare = max(fuzz.ratio(one.bare, other.bare), fuzz.token_sort_ratio(one.bare, other.bare))
    return round(_SHARE_OF_BARE * bare + (1 - _SHARE_OF_BARE) * fuzz.ratio(one.whole, other.whole))


def nearest(text: str, known: Iterable[tuple[str, str, str]]) -> tuple[Candidate, ...]:
    """The codes whose texts are most like `text`, best first; `known` has code, name to show and text to compare."""
    wanted = _prepared(text)
    return _best((Candidate(code, name, _likeness(wanted, _prepared(other))) for code, name, other in known))


def _best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    best: dict[str, Candidate] = {}
    for each in candidates:
        if each.score >= LEAST_SCORE and (each.code not in best or each.score > best[each.code].score):
            best[each.code] = each
    return tuple(sorted(best.values(), key=lambda each: (-each.score, each.code))[:CANDIDATES])


def told(candidates: Iterable[Candidate]) -> str:
    """Candidates for people: `C11 (Trạm Y tế xã Một), …`."""
    return ", ".join(f"{each.code} ({each.name})" for each in candidates)


class UnitNames:
    """All names that units ever had, ready for fuzzy and for plain look-ups."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes that units ever had."""
        return frozenset(unit.unit_code for unit in self._pack.units)

    @cached_property
    def _prepared(self) -> tuple[tuple[_Name, str], ...]:
        names = [(unit.name_vi, unit.unit_code) for unit in self._pack.units]
        names += [(alias.alias, alias.unit_code) for alias in self._pack.unit_aliases]
        return tuple((_prepared(name), code) for name, code in dict.fromkeys(names))

    @cached_property
    def _plain(self) -> Mapping[str, frozenset[str]]:
        names: defaultdict[str, set[str]] = defaultdict(set)
        for unit in self._pack.units:
            names[plain(unit.name_vi)].add(unit.unit_code)
        for alias in self._pack.unit_aliases:
            names[plain(alias.alias)].add(alias.unit_code)
        return {name: frozenset(codes) for name, codes in names.items()}

    def candidates(self, text: str, at: date) -> tuple[Candidate, ...]:
        """The units of that day whose name or code is most like `text`. A unit that is gone stands for its successor."""
        wanted, code_wanted = _prepared(text), normalise(text).replace(" ", "")
        return _best(
            Candidate(unit.unit_code, unit.name_vi, max(_likeness(wanted, name), _likeness_of_codes(code_wanted, code)))
            for name, code in self._prepared
            if (unit := self.at_last(code, at)) is not None
        )

    def at_last(self, unit_code: str, at: date) -> Unit | None:
        """A unit as it is on that day, or the one that took its place; None for one that is not there yet or left nobody."""
        seen: set[str] = set()
        while unit_code not in seen:
            seen.add(unit_code)
            if (unit := self._pack.unit(unit_code, at)) is not None:
                return unit
            gone = [row for row in self._pack.unit_history(unit_code) if row.valid_to <= at]
            if not gone or gone[-1].successor_code is None:
                return None
            unit_code = gone[-1].successor_code
        return None

    def named_in(self, text: str, at: date) -> frozenset[str]:
        """The codes of the units of that day that a text names in passing, as the name of a file or folder does.

        A name counts when it says what kind of place or house it is (*TYT Một*), or is all that the text says. Where one name
        is part of another the longer counts. Names without diacritics may be those of several units: then all are given.
        """
        words = plain(text).split()[:_MOST_WORDS]
        codes: set[str] = set()
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + _LONGEST_NAME), start, -1):
                is_whole = start == 0 and end == len(words)
                if not is_whole and (words[start] not in _KIND_WORDS or end - start < 2):
                    continue
                found = {code for code in self._plain.get(" ".join(words[start:end]), ()) if self._pack.unit(code, at)}
                if found:
                    codes |= found
                    start = end - 1
                    break
            start += 1
        return frozenset(codes)


def _likeness_of_codes(wanted: str, code: str) -> int:
    return round(fuzz.ratio(wanted, normalise(code).replace(" ", ""))) if any(map(str.isdigit, wanted)) else 0
