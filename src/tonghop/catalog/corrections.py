"""Hand corrections of a pack: `corrections.yml` as typed, frozen values.

A correction says which value is expected to stand in one figure of one report, and which one to use instead. It never
touches what was read: where nothing matches it, it is not applied, and a rule of kind `correction` says so.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from tonghop.catalog.rows import TOTAL, Code, Row, Text
from tonghop.model import Measure, Period, State


class Written(NamedTuple):
    """What stands in a figure, or should: its state, and its number when it has one."""

    state: State
    number: Decimal | None = None

    def __str__(self) -> str:
        return self.state.value if self.number is None else f"{self.number:f}"


def _written(value: object, *words: State) -> object:
    if not isinstance(value, str):
        return value
    if value in words:
        return Written(State(value))
    if not re.fullmatch(r"-?\d+(\.\d+)?", value):
        expected = " or ".join((*words, "a number such as 1200 or 66.5 (a point before decimals, no separator of thousands)"))
        raise ValueError(f"{expected} is expected")
    number = Decimal(value)
    return Written(State.NUMBER if number else State.ZERO, number)


def _found(value: object) -> object:
    return _written(value, State.BLANK, State.UNREADABLE, State.SUPPRESSED, State.NOT_APPLICABLE)


Found = Annotated[Written, BeforeValidator(_found)]
"""What may stand in a figure: a number, or the word for a state without one."""


def _use(value: object) -> object:
    return _written(value, State.BLANK)


def _period(value: object) -> object:
    return Period.parse(value).code if isinstance(value, str) else value


def _last_day(value: object) -> object:
    """A day, or a period for its first day."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else Period.parse(value).start_date
    except ValueError:
        raise ValueError(
            "the first day on which it no longer holds is expected, such as 2023-01-31, or a period for its first day"
        ) from None


class Correction(Row):
    """A hand correction: in the report of `unit`, `form` and `period`, `use` is taken where `found` stands, until `expires`."""

    correction_code: Annotated[Code, Field(validation_alias=AliasChoices("correction", "correction_code"))]
    unit_code: Annotated[Code, Field(validation_alias=AliasChoices("unit", "unit_code"))]
    form_code: Annotated[Code, Field(validation_alias=AliasChoices("form", "form_code"))]
    period_code: Annotated[str, BeforeValidator(_period), Field(validation_alias=AliasChoices("period", "period_code"))]
    indicator_code: Annotated[Code, Field(validation_alias=AliasChoices("indicator", "indicator_code"))]
    measure: Measure = Measure.VALUE
    breakdown_code: Annotated[Code, Field(validation_alias=AliasChoices("breakdown", "breakdown_code"))] = TOTAL
    found: Found
    use: Annotated[Written, BeforeValidator(_use)]
    reason: Text
    author: Text
    expires_on: Annotated[date, BeforeValidator(_last_day), Field(validation_alias=AliasChoices("expires", "expires_on"))]

    @model_validator(mode="before")
    @classmethod
    def _has_an_end(cls, data: Any) -> Any:
        if isinstance(data, dict) and not {"expires", "expires_on"} & data.keys():
            raise ValueError("expires is missing: the first day on which the correction no longer holds, such as 2023-01-31")
        return data

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.found == self.use:
            raise ValueError(f"found and use are both {self.use}: there is nothing to correct")
        return self

    @property
    def period(self) -> Period:
        """The period of the report."""
        return Period.parse(self.period_code)

    @property
    def figure(self) -> str:
        """The figure that is corrected, for people."""
        return f"{self.unit_code} {self.form_code} {self.period_code} {self.indicator_code} {self.measure} {self.breakdown_code}"
