"""A workbook as a zip of parts: which parts it has, how they hang together, and the same zip again with some parts changed."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tonghop.answers.marking.xml import NotMarkable, appended, attribute, find, prefix, root, spliced

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DAMAGED = (zipfile.BadZipFile, ValueError, LookupError, OSError, EOFError, NotImplementedError, RuntimeError)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of parts that are new, so that equal marks give equal bytes."""


class Relation(NamedTuple):
    """A link from a part to another: the last word of its type, and the path that it leads to (None: outside of the file)."""

    id: str
    kind: str
    path: str | None


@dataclass
class Package:
    """The parts of a workbook. Unchanged ones keep their bytes, their order and their times."""

    parts: dict[str, bytes]
    _entries: dict[str, zipfile.ZipInfo]
    _relations: dict[str, list[Relation]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes) -> Package:
        """Unpack a workbook. Its size was checked when it was read. Raises NotMarkable for a damaged, signed or shared one."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = {entry.filename: entry for entry in archive.infolist()}
                if len(entries) < len(archive.infolist()):
                    raise NotMarkable("two parts of one name")
                parts = {name: archive.read(name) for name in entries}
        except _DAMAGED as error:
            raise NotMarkable(f"the file cannot be unpacked: {error}") from error
        for folder, why in (("_xmlsignatures/", "it is signed"), ("xl/revisions/", "it keeps a log of changes")):
            if any(name.startswith(folder) for name in parts):
                raise NotMarkable(why)
        return cls(parts, entries)

    def written(self) -> bytes:
        """The zip with all parts."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts.items():
                old = self._entries.get(name)
                entry = zipfile.ZipInfo(name, old.date_time if old else _LONG_AGO)
                entry.compress_type = old.compress_type if old and old.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return buffer.getvalue()

    def relations(self, path: str) -> list[Relation]:
        """The links of a part (of the package itself: an empty path)."""
        if path not in self._relations:
            xml = self.parts.get(_relations_of(path))
            found = find(xml, lambda tag, _, depth: depth == 1 and tag == "Relationship") if xml else []
            self._relations[path] = [_relation(path, element.attributes) for element in found]
        return self._relations[path]

    def related(self, path: str, kind: str) -> str | None:
        """The part that a part links to by a kind of link; None when there is none."""
        linked = (relation.path for relation in self.relations(path) if relation.kind == kind)
        return next((target for target in linked if target in self.parts), None)

    def relate(self, path: str, kind: str, target: str) -> str:
        """Link a part to another one, and return the id of the link."""
        taken = {relation.id for relation in self.relations(path)}
        new_id = next(f"rId{number}" for number in range(1, len(taken) + 2) if f"rId{number}" not in taken)
        where = _relations_of(path)
        xml = self.parts.get(where) or _NO_RELATIONS
        link = f"<{prefix(xml)}Relationship Id={attribute(new_id)} Type={attribute(f'{OFFICE}/{kind}')} Target={attribute('/' + target)}/>"
        self.parts[where] = spliced(xml, appended(xml, root(xml), link))
        self._relations.pop(path, None)
        return new_id

    def add(self, path: str, content: bytes, content_type: str) -> None:
        """Add a part with its content type."""
        self.parts[path] = content
        self._declare(f"Override PartName={attribute('/' + path)} ContentType={attribute(content_type)}")

    def declare_vml(self) -> None:
        """Say what files that end in `.vml` are, unless it is said."""
        types = self.parts["[Content_Types].xml"]
        known = find(types, lambda tag, attributes, _: tag == "Default" and attributes.get("Extension", "").lower() == "vml")
        if not known:
            self._declare('Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"')

    def free_path(self, pattern: str) -> str:
        """The first path of a pattern such as `xl/comments{}.xml` that no part has."""
        lower = {name.lower() for name in self.parts}
        return next(path for number in range(1, len(lower) + 2) if (path := pattern.format(number)).lower() not in lower)

    def content_type(self, path: str) -> str:
        """The content type that a part is declared with; empty when it has none of its own."""
        declared = find(self.parts["[Content_Types].xml"], lambda tag, attributes, _: attributes.get("PartName", "").lstrip("/") == path)
        return declared[0].attributes.get("ContentType", "") if declared else ""

    def _declare(self, element: str) -> None:
        types = self.parts["[Content_Types].xml"]
        self.parts["[Content_Types].xml"] = spliced(types, appended(types, root(types), f"<{prefix(types)}{element}/>"))


_NO_RELATIONS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)


def _relations_of(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relation(path: str, values: Mapping[str, str]) -> Relation:
    target = None
    if values.get("TargetMode") != "External":
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), values["Target"])).lstrip("/")
    return Relation(values["Id"], values["Type"].rpartition("/")[2], target)
