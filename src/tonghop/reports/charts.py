"""The geometry of charts that the templates draw as SVG: numbers in, coordinates out. No chart stands without its numbers in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

Number = int | float | Decimal

SPARK_HEIGHT = 18
SPARK_STEP = 6
"""Height of a small chart and width of a period in it, in its own units."""

_WIDEST = 72


class Segment(NamedTuple):
    """A part of a stacked bar: what it is, how many, and where it lies, percent of the bar."""

    code: str
    number: int
    start: float
    width: float


class Box(NamedTuple):
    """A rectangle that shows a number."""

    code: str
    number: Number
    x: float
    y: float
    width: float
    height: float


class Slot(NamedTuple):
    """What a chart shows above one label: its boxes, and the middle that the label stands under."""

    label: str
    middle: float
    boxes: list[Box]


class Point(NamedTuple):
    """A value on a line, with the label that it stands above."""

    label: str
    value: Number
    x: float
    y: float


class Line(NamedTuple):
    """A series: its path, broken where a value is missing, and its points."""

    code: str
    path: str
    points: list[Point]


Row = tuple[str, Mapping[str, Number | None]]
"""A label, and numbers by what they are."""


def stack(counts: Mapping[str, int] | Iterable[tuple[str, int]]) -> list[Segment]:
    """The parts of a whole side by side, those of none left out."""
    pairs = [(code, count) for code, count in (counts.items() if isinstance(counts, Mapping) else counts) if count > 0]
    whole = sum(count for _, count in pairs)
    segments, start = [], 0.0
    for code, count in pairs:
        width = round(100 * count / whole, 2)
        segments.append(Segment(code, count, round(start, 2), width))
        start += width
    return segments


def spark(values: Sequence[Number | None], top: Number) -> str:
    """A row of narrow columns as one SVG path, up to `top` high. Zero is a line at the foot, nothing is a gap."""
    return "".join(
        f"M{place * SPARK_STEP} {SPARK_HEIGHT}v-{height:g}h{SPARK_STEP - 2}v{height:g}z"
        for place, value in enumerate(values)
        if value is not None and (height := max(1, round(SPARK_HEIGHT * _share(value, top), 1)))
    )


def stacked(rows: Sequence[Row], codes: Sequence[str], top: Number, width: float, height: float) -> list[Slot]:
    """For each row a column of boxes, one on the other in the order of `codes`."""
    slots, step, wide = [], *_step(rows, width)
    for place, (label, counts) in enumerate(rows):
        left, foot, boxes = place * step + (step - wide) / 2, height, []
        for code in codes:
            if count := counts.get(code):
                tall = height * _share(count, top)
                foot -= tall
                boxes.append(Box(code, count, round(left, 1), round(foot, 1), round(wide, 1), round(tall, 1)))
        slots.append(Slot(label, round((place + 0.5) * step, 1), boxes))
    return slots


def beside(rows: Sequence[Row], codes: Sequence[str], top: Number, width: float, height: float) -> list[Slot]:
    """For each row its boxes side by side, in the order of `codes`."""
    slots, step, wide = [], *_step(rows, width)
    each = wide / len(codes)
    for place, (label, counts) in enumerate(rows):
        left = place * step + (step - wide) / 2
        boxes = [
            Box(code, count, round(left + at * each, 1), round(height - tall, 1), round(each * 0.92, 1), round(tall, 1))
            for at, code in enumerate(codes)
            if (count := counts.get(code)) is not None and (tall := height * _share(count, top)) >= 0
        ]
        slots.append(Slot(label, round((place + 0.5) * step, 1), boxes))
    return slots


def lines(rows: Sequence[Row], codes: Sequence[str], top: Number, width: float, height: float) -> list[Line]:
    """For each of `codes` a line over the rows."""
    step, drawn = width / max(1, len(rows)), []
    for code in codes:
        path, points, pen = [], [], "M"
        for place, (label, values) in enumerate(rows):
            value = values.get(code)
            if value is None:
                pen = "M"
                continue
            point = Point(label, value, round((place + 0.5) * step, 1), round(height - height * _share(value, top), 1))
            path.append(f"{pen}{point.x:g} {point.y:g}")
            points.append(point)
            pen = "L"
        drawn.append(Line(code, "".join(path), points))
    return drawn


def nice_top(values: Iterable[Number | None]) -> int:
    """The round number that an axis from zero ends with, so that every value fits below."""
    most = max((float(value) for value in values if value is not None), default=0)
    step = 1
    while step * 10 < most:
        step *= 10
    return next((step * times for times in (1, 2, 5, 10) if step * times >= most), step * 10)


def _step(rows: Sequence[Row], width: float) -> tuple[float, float]:
    """The width that each row has, and that of its boxes together."""
    step = width / max(1, len(rows))
    return step, min(_WIDEST, step * 0.76)


def _share(value: Number, top: Number) -> float:
    return min(1.0, max(0.0, float(value) / float(top))) if top else 0.0
