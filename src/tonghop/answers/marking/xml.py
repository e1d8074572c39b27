"""Changing a few places of an XML part and leaving every other byte as it was.

Elements are found with their byte positions; edits are spliced in. Nothing is parsed into a tree and written anew, so whatever this
module does not know (extensions, prefixes, order of attributes) survives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr


class NotMarkable(Exception):
    """The workbook is of a kind that marks cannot be written into without risk; the text says why, for the log."""


@dataclass
class Element:
    """An element and where it stands: from `start` to `end`, its start tag up to `open_end`. `depth` of the root is 0."""

    tag: str
    attributes: Mapping[str, str]
    depth: int
    start: int
    open_end: int
    end: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether it is written as `<tag/>`."""
        return self.end == self.open_end


_START_TAG = re.compile(rb"<[^\s/>]+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")

Wanted = Callable[[str, Mapping[str, str], int], bool]


def find(xml: bytes, wanted: Wanted) -> list[Element]:
    """The elements for which `wanted(local name, attributes, depth)` holds, in the order of their start tags.

    Raises NotMarkable for XML that is damaged, has a document type, or is not UTF-8.
    """
    declared = _DECLARED.match(xml.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise NotMarkable(f"a part is written in {declared[1].decode()}")
    found: list[Element] = []
    unended: list[Element | None] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: Any) -> None:
        tag, depth = name.rpartition(":")[2], len(unended)
        element = None
        if wanted(tag, attributes, depth):
            opened = _START_TAG.match(xml, parser.CurrentByteIndex)
            if opened is None:
                raise NotMarkable("the places of a part's elements cannot be told")
            element = Element(tag, attributes, depth, opened.start(), opened.end())
            found.append(element)
        unended.append(element)

    def end(name: str) -> None:
        element = unended.pop()
        if element is not None:
            is_empty = xml[element.open_end - 2 : element.open_end] == b"/>"
            element.end = element.open_end if is_empty else xml.index(b">", parser.CurrentByteIndex) + 1

    def refuse(*_: object) -> None:
        raise NotMarkable("a part has a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise NotMarkable(f"a part is no proper XML: {error}") from error
    return found


def children(xml: bytes, *tags: str) -> dict[str, Element]:
    """The first child of the root of each of these names, as far as there is one."""
    found = find(xml, lambda tag, _, depth: depth == 1 and tag in tags)
    return {element.tag: element for element in reversed(found)}


def root(xml: bytes) -> Element:
    """The root element."""
    return find(xml, lambda _tag, _attributes, depth: depth == 0)[0]


def prefix(xml: bytes) -> str:
    """The prefix of the root's name with its colon, empty for none: what is put in must be of the same namespace."""
    name = re.match(rb"<([^\s/>]+)", xml[root(xml).start :])
    return name[1].decode().rpartition(":")[0] + ":" if name and b":" in name[1] else ""


Edit = tuple[int, int, str]
"""The bytes from start to end are replaced by a text; an insertion has start = end."""


def spliced(xml: bytes, edits: Iterable[Edit]) -> bytes:
    """`xml` with the edits made. Edits must not overlap; several insertions at one place keep their order."""
    pieces: list[bytes] = []
    position = 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [xml[position:start], text.encode()]
        position = end
    return b"".join([*pieces, xml[position:]])


def with_attribute(tag: str, name: str, value: str) -> str:
    """A start tag with an attribute set, whether it had it before or not."""
    written = f"{name}={quoteattr(value)}"
    replaced, count = re.subn(rf"(?<=\s){name}\s*=\s*(?:\"[^\"]*\"|'[^']*')", lambda _: written, tag, count=1)
    return replaced if count else re.sub(r"\s*/?>$", lambda end: f" {written}{end[0]}", tag)


def with_attributes(xml: bytes, element: Element, **values: str) -> Edit:
    """The edit that sets attributes of an element's start tag."""
    tag = xml[element.start : element.open_end].decode()
    for name, value in values.items():
        tag = with_attribute(tag, name, value)
    return element.start, element.open_end, tag


def appended(xml: bytes, element: Element, content: str, *, count: int | None = None) -> list[Edit]:
    """The edits that put `content` at the end of an element, and set its attribute `count`."""
    start, end, tag = with_attributes(xml, element, **({} if count is None else {"count": str(count)}))
    if element.is_empty:
        name = re.match(r"<([^\s/>]+)", tag)
        assert name is not None, "a start tag has a name"
        return [(start, end, f"{tag[:-2].rstrip()}>{content}</{name[1]}>")]
    closing = xml.rindex(b"</", element.open_end, element.end)
    return [(start, end, tag), (closing, closing, content)]


_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(content: str) -> str:
    """A text as XML: what XML cannot hold is left out, an `_x0041_` stays what it looks like."""
    return escape(re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _NOT_XML.sub("", content)))


def attribute(content: str) -> str:
    """A text as the quoted value of an attribute."""
    return quoteattr(_NOT_XML.sub("", content))
