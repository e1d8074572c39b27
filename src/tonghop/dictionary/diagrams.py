"""Diagrams as SVG: what is made of what, in layers, and the star of the views that BI reads.

Drawn here because the usual tools for it want a program of the operating system or a script from the network. The drawing is
plain: boxes in columns, sorted so that few lines cross.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from tonghop.dictionary.project import Column, Project, View

_SWEEPS = 8
_LETTER = 7.3
"""Width of a letter of the diagrams' font, in the units of the drawing."""
_LINE, _GAP, _PADDING, _BETWEEN = 20, 10, 10, 90
_COLUMNS_SHOWN = 9
"""Columns of a view that a box lists beside its keys; further ones are only counted."""


class Box(NamedTuple):
    """A box: its key, the link behind its title, its lines, and what kind of thing it is (a CSS class)."""

    key: str
    link: str
    lines: tuple[str, ...]
    kind: str


class Line(NamedTuple):
    """A line from a line of one box to another box; `line` counts from 0, the title."""

    start: str
    end: str
    line: int = 0


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float


def lineage(project: Project, link: Mapping[str, str]) -> Markup:
    """The graph of all nodes, sources at the left. `link` says where the title of a node leads."""
    nodes = project.nodes
    ranks = _ranks({name: node.parents for name, node in nodes.items()})
    columns: defaultdict[int, list[Box]] = defaultdict(list)
    for name, node in sorted(nodes.items()):
        columns[ranks[name]].append(Box(name, link.get(name, ""), (name,), node.layer))
    lines = [Line(parent, name) for name, node in nodes.items() for parent in node.parents]
    return _draw([columns[rank] for rank in sorted(columns)], lines)


def entities(views: Sequence[View], link: Mapping[str, str]) -> Markup:
    """The star schema: the dimensions in the middle, beside them the views with facts that refer to them by their keys."""
    boxes = {
        view.name: Box(view.name, link.get(view.name, ""), (view.name, *_shown(view)), "dimension" if view.is_dimension else "fact")
        for view in views
    }
    lines = [
        Line(view.name, reference.view, _place(boxes[view.name], column))
        for view in views
        for column, reference in view.references
        if reference.view in boxes
    ]
    facts = [box for box in boxes.values() if box.kind == "fact"]
    half = (len(facts) + 1) // 2
    return _draw([facts[:half], [box for box in boxes.values() if box.kind == "dimension"], facts[half:]], lines)


def _shown(view: View) -> tuple[str, ...]:
    """The keys of a view, and the first of its other columns."""
    keys = [column for column in view.columns if column.reference or column.is_unique]
    others = [column for column in view.columns if column not in keys]
    more = [f"+ {len(others) - _COLUMNS_SHOWN}"] if len(others) > _COLUMNS_SHOWN else []
    return (*map(_key, keys), *(column.name for column in others[:_COLUMNS_SHOWN]), *more)


def _key(column: Column) -> str:
    return f"{column.name} {'→' if column.reference else '●'}"


def _place(box: Box, column: Column) -> int:
    return box.lines.index(_key(column))


def _ranks(parents: Mapping[str, Iterable[str]]) -> Mapping[str, int]:
    """How many steps each node is away from what nothing is made into: its longest way from a source."""
    ranks: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in ranks:
            ranks[name] = max((rank(parent) + 1 for parent in parents[name]), default=0)
        return ranks[name]

    for name in parents:
        rank(name)
    return ranks


def _sorted(columns: Sequence[Sequence[Box]], lines: Sequence[Line]) -> list[list[Box]]:
    """The boxes of each column moved beside the middle of what they are joined with, again and again."""
    neighbours: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        neighbours[line.start].append(line.end)
        neighbours[line.end].append(line.start)
    result = [list(column) for column in columns]
    for _ in range(_SWEEPS):
        at = {box.key: place / max(len(column) - 1, 1) for column in result for place, box in enumerate(column)}
        for column in result:
            column.sort(key=lambda box: _middle([at[key] for key in neighbours[box.key]], at[box.key]))
            at |= {box.key: place / max(len(column) - 1, 1) for place, box in enumerate(column)}
    return result


def _middle(places: Sequence[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _draw(columns: Sequence[Sequence[Box]], lines: Sequence[Line]) -> Markup:
    placed: dict[str, _Placed] = {}
    columns = _sorted(columns, lines)
    heights = [sum(_height(box) + _GAP for box in column) for column in columns]
    x = float(_PADDING)
    for column, height in zip(columns, heights, strict=True):
        width = max((len(line) for box in column for line in box.lines), default=0) * _LETTER + 2 * _PADDING
        y = _PADDING + (max(heights) - height) / 2
        for box in column:
            placed[box.key] = _Placed(box, x, y, width, _height(box))
            y += _height(box) + _GAP
        x += width + _BETWEEN
    size = (x - _BETWEEN + _PADDING, max(heights) + _PADDING)
    drawn = [*(_curve(line, placed[line.start], placed[line.end]) for line in lines), *(_rectangle(each) for each in placed.values())]
    return Markup('<svg class="diagram" viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" height="{h:.0f}" role="group">{inside}</svg>').format(
        w=size[0], h=size[1], inside=Markup("\n").join(drawn)
    )


def _height(box: Box) -> float:
    return len(box.lines) * _LINE + _PADDING / 2


def _curve(line: Line, start: _Placed, end: _Placed) -> Markup:
    """From the side of one box that looks to the other; a line within a column goes around its right side."""
    y1 = start.y + (line.line + 0.6) * _LINE
    y2 = end.y + 0.6 * _LINE
    forwards = end.x >= start.x
    x1 = start.x + start.width if forwards else start.x
    x2 = end.x if end.x > start.x else end.x + end.width
    bend = _BETWEEN / 2 if forwards else -_BETWEEN / 2
    bend2 = -bend if end.x != start.x else bend
    return Markup(
        '<path data-from="{a}" data-to="{b}" d="M{x1:.0f} {y1:.0f}C{c1:.0f} {y1:.0f} {c2:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"/>'
    ).format(a=line.start, b=line.end, x1=x1, y1=y1, c1=x1 + bend, c2=x2 + bend2, x2=x2, y2=y2)


def _rectangle(each: _Placed) -> Markup:
    box = each.box
    texts = [
        Markup('<text{title} x="{x:.0f}" y="{y:.0f}">{text}</text>').format(
            title=Markup(' class="title"') if place == 0 else Markup(""),
            x=each.x + _PADDING,
            y=each.y + (place + 0.75) * _LINE,
            text=text,
        )
        for place, text in enumerate(box.lines)
    ]
    if box.link:
        texts[0] = Markup('<a href="{link}">{text}</a>').format(link=box.link, text=texts[0])
    return Markup(
        '<g class="{kind}" data-node="{key}"><rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="3"/>{texts}</g>'
    ).format(kind=box.kind, key=box.key, x=each.x, y=each.y, w=each.width, h=each.height, texts=Markup("").join(texts))
