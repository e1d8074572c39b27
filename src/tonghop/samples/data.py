"""The folder `samples/` of a pack: printed figures and how they hang together, read into frozen values.

| file | one row per | columns |
|---|---|---|
| `samples.yml` | the samples | printed period, compiled form, texts, file names, troubles |
| `figures.csv` | indicator | what the report prints; `year_before` and `pattern` are chosen |
| `series.csv` | indicator and period | the figures of all units together, where they are given instead of being worked out |
| `by_unit.csv` | indicator and unit | cumulative figures that a printed table gives by unit |
| `relations.csv` | two indicators | `sum_of`, `within`, `since_of`, `follows`: how one is made of, bounded by or shaped like the other |
| `weights.csv` | unit, type or indicator | all rows that match a unit are multiplied |
| `printed.csv` | cell of the compiled report | the text as it is printed; `breakdown_code` may be left out: the total |

Only `samples.yml` must be there. The period that it says the report is printed for gives all periods of the samples their type.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tonghop.catalog import Pack
from tonghop.catalog.rows import TOTAL
from tonghop.errors import TonghopError
from tonghop.model import Measure, Period
from tonghop.samples.figures import Calendar, Figure
from tonghop.samples.split import SCALE

T = TypeVar("T")

PeriodCode = Annotated[Period, BeforeValidator(lambda text: Period.parse(str(text)))]


class Relation(StrEnum):
    """How one indicator hangs on another: it is a sum of others, bounded by one, the running total of one, or shaped like one."""

    SUM_OF = "sum_of"
    WITHIN = "within"
    SINCE_OF = "since_of"
    FOLLOWS = "follows"


class SamplesError(TonghopError):
    """The samples of a pack cannot be built; the text says which file or figure, and why."""


class Edit(BaseModel):
    """One cell that is written otherwise than it should be: a number added, or a text in its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    indicator: str
    measure: Measure = Measure.VALUE
    add: int = 0
    text: str | None = None


class Trouble(BaseModel):
    """What goes wrong with one workbook. `corrected_on`: the right one follows, in the last wave, on that day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    period: PeriodCode
    why: str
    days_late: int = 0
    cells: tuple[Edit, ...] = ()
    corrected_on: date | None = None


class Story(BaseModel):
    """`samples.yml`. File names may hold `{form}`, `{unit}` (its code), `{name}` (of the unit), `{number}` (of the period in its
    year) and `{year}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    printed_period: PeriodCode
    compiled_form: str
    compiled_as_of: date
    compilers: Annotated[tuple[str, ...], Field(min_length=1)]
    remarks: Annotated[tuple[str, ...], Field(min_length=1)]
    file_names: Annotated[tuple[str, ...], Field(min_length=1)]
    corrected_file_name: str
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Link:
    """`indicator_code` is related to `other_code`. `weight`: of a part in a sum; `carrier`: the unit that bears, before others, a
    difference between a printed total and its parts."""

    indicator_code: str
    relation: Relation
    other_code: str
    weight: int
    carrier: str | None


@dataclass(frozen=True)
class Weight:
    """A factor for the share of the units that match; an empty field matches all."""

    indicator_code: str
    unit_type: str
    unit_code: str
    weight: Decimal


@dataclass(frozen=True)
class Data:
    """Everything in the folder `samples/` of a pack."""

    story: Story
    figures: dict[str, Figure]
    series: dict[str, dict[Period, int]]
    by_unit: dict[str, dict[str, int]]
    links: tuple[Link, ...]
    weights: tuple[Weight, ...]
    printed: dict[tuple[str, Measure, str], str]

    @cached_property
    def calendar(self) -> Calendar:
        """The periods of the samples."""
        return Calendar(self.story.printed_period)

    @cached_property
    def _links_of(self) -> dict[tuple[str, Relation], list[Link]]:
        links: defaultdict[tuple[str, Relation], list[Link]] = defaultdict(list)
        for link in self.links:
            links[link.indicator_code, link.relation].append(link)
        return dict(links)

    def related(self, indicator_code: str, relation: Relation) -> list[Link]:
        """The links of one kind that an indicator has."""
        return self._links_of.get((indicator_code, relation), [])

    @cached_property
    def _weights_of(self) -> dict[str, list[Weight]]:
        weights: defaultdict[str, list[Weight]] = defaultdict(list)
        for weight in self.weights:
            weights[weight.indicator_code].append(weight)
        return dict(weights)

    def weight(self, indicator_code: str, unit_code: str, unit_type: str) -> int:
        """The product of the weights given for this indicator (or, with an empty code, for all) that match the unit, in SCALE."""
        product = Decimal(1)
        for weight in self._weights_of.get(indicator_code, ()):
            if weight.unit_type in ("", unit_type) and weight.unit_code in ("", unit_code):
                product *= weight.weight
        return int(product * SCALE)


def read_data(directory: Path, pack: Pack) -> Data:
    """Read the folder `samples/` of a pack. Raises SamplesError naming file and row when something there cannot be used."""

    def rows(name: str, make: Callable[[dict[str, str]], T]) -> Iterator[T]:
        if not (directory / name).exists():
            return
        try:
            with (directory / name).open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                for row in reader:
                    code = row.get("indicator_code", "")
                    if code and pack.indicator(code) is None:
                        raise SamplesError(f"{directory / name}:{reader.line_num}: {code} is no indicator of the pack; correct the code")
                    try:
                        yield make(row)
                    except (KeyError, ValueError, InvalidOperation) as error:
                        raise SamplesError(
                            f"{directory / name}:{reader.line_num}: {error}; expected the columns of the other rows"
                        ) from error
        except OSError as error:
            raise SamplesError(f"{directory / name} cannot be read: {error.strerror}") from None

    try:
        story = Story.model_validate(yaml.safe_load((directory / "samples.yml").read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise SamplesError(f"{directory / 'samples.yml'} is missing; a pack without it has no samples") from None
    except (ValidationError, yaml.YAMLError) as error:
        raise SamplesError(f"{directory / 'samples.yml'} cannot be used: {error}") from None

    series: defaultdict[str, dict[Period, int]] = defaultdict(dict)
    for code, period, value in rows("series.csv", lambda row: (row["indicator_code"], Period.parse(row["period_code"]), int(row["value"]))):
        series[code][period] = value
    by_unit: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for code, unit, value in rows("by_unit.csv", lambda row: (row["indicator_code"], row["unit_code"], int(row["ytd_value"]))):
        by_unit[code][unit] = value
    return Data(
        story=story,
        figures={figure.indicator_code: figure for figure in rows("figures.csv", _figure)},
        series=dict(series),
        by_unit=dict(by_unit),
        links=tuple(rows("relations.csv", _link)),
        weights=tuple(
            rows("weights.csv", lambda row: Weight(row["indicator_code"], row["unit_type"], row["unit_code"], Decimal(row["weight"])))
        ),
        printed=dict(rows("printed.csv", _printed)),
    )


def _printed(row: dict[str, str]) -> tuple[tuple[str, Measure, str], str]:
    return (row["indicator_code"], Measure(row["measure"]), row.get("breakdown_code") or TOTAL), row["text"]


def _figure(row: dict[str, str]) -> Figure:
    def whole(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    def decimal(name: str) -> Decimal | None:
        return Decimal(row[name]) if row[name] else None

    return Figure(
        indicator_code=row["indicator_code"],
        value=whole("value"),
        ytd=whole("ytd_value"),
        change=whole("change"),
        change_pct=decimal("change_pct"),
        change_points=decimal("change_points"),
        year_before=whole("year_before"),
        pattern=row["pattern"] or "seasonal",
    )


def _link(row: dict[str, str]) -> Link:
    return Link(row["indicator_code"], Relation(row["relation"]), row["other_code"], int(row["weight"] or 1), row["carrier"] or None)
