"""The zip behind a workbook, and its parts as XML: opened within limits, every document type refused."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser, fromstring

from tonghop.intake import findings
from tonghop.intake.cells import Unopenable
from tonghop.intake.limits import Limits

ZIP_MAGIC = b"PK\x03\x04"
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ParseError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)
"""What zipfile, the decompressors and the XML parser raise on damaged input."""


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip behind a workbook. Raises Unopenable when it is damaged, encrypted or unpacks to more than `limits` allow.

    The declared size is checked before anything is unpacked, and zipfile never yields more than was declared.
    """
    try:
        archive = _Zip(data)
    except DAMAGED as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=reason(error))) from error
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unopenable(findings.PASSWORD_PROTECTED.issue())
    if len(entries) > limits.max_parts:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(entries):,} parts", expected=f"{limits.max_parts:,} parts"))
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.max_unpacked_bytes:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{unpacked:,} bytes unpacked", expected=f"{limits.max_unpacked_bytes:,} bytes"))
    return archive


class _Zip(zipfile.ZipFile):
    """A zip whose bytes are at hand, so that a part as programs usually write it takes one step. All others are `ZipFile`'s."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._data = data

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """What a part unpacks to. Raises one of `DAMAGED`."""
        part = self.getinfo(name) if isinstance(name, str) else name
        unpacked = self._unpacked(part) if part.compress_type == zipfile.ZIP_DEFLATED and not part.flag_bits & ~_USUAL_FLAGS else None
        return super().read(part, pwd) if unpacked is None else unpacked

    def _unpacked(self, part: zipfile.ZipInfo) -> bytes | None:
        """None when anything is not as the directory of the zip says."""
        data, inflating = self._data, zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(data, part.header_offset)
            name = part.header_offset + _LOCAL_HEADER.size
            content = name + name_length + extra_length
            if magic != ZIP_MAGIC or data[name : name + name_length] != part.orig_filename.encode():
                return None
            unpacked = inflating.decompress(data[content : content + part.compress_size], part.file_size + 1)
        except (struct.error, zlib.error, UnicodeError):
            return None
        return unpacked if len(unpacked) == part.file_size and zlib.crc32(unpacked) == part.CRC else None


_LOCAL_HEADER = struct.Struct("<4s22xHH")
_USUAL_FLAGS = 0b1110
"""How hard it was compressed, and that sizes stand behind it."""


def reason(error: BaseException) -> str:
    """What an error says, in one short line."""
    return f"{type(error).__name__}: {error}"[:200]


def relations(archive: zipfile.ZipFile, path: str, base: str) -> Mapping[str, tuple[str, str]]:
    """Relation id -> (type, path inside the zip). What lies outside the file is left out. Raises Unopenable when `path` is not there."""
    if path not in archive.NameToInfo:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))
    xml = archive.read(path)
    return _relations_again(xml, base) if len(xml) <= REMEMBERED_BYTES else _relations(xml, base)


REMEMBERED_BYTES = 1 << 14
"""Parts that are not longer, and come again in most workbooks, are remembered with what they say."""


def _relations(xml: bytes, base: str) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for element in elements(xml):
        if local(element.tag) == "Relationship" and element.get("TargetMode") != "External":
            target = element.attrib["Target"]
            whole = target.lstrip("/") if target.startswith("/") else joined(base, target)
            found[element.attrib["Id"]] = element.attrib["Type"], whole
    return found


_relations_again = lru_cache(maxsize=64)(_relations)


def joined(base: str, target: str) -> str:
    """The path inside the zip that `target` means, seen from the folder `base`."""
    steps: list[str] = []
    for step in f"{base}/{target}".split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


CHUNK = 1 << 18
"""Characters of XML that are held as a tree at a time; larger parts are read piece by piece."""


def decoded(xml: bytes) -> str:
    """The text of an XML part. Raises Unopenable for a document type.

    Without a document type there are no entities to expand. The text is decoded before it is searched for one and handed
    over decoded, so that no declared encoding can hide it.
    """
    text = xml.decode("utf-16") if xml[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else xml.removeprefix(BOM_UTF8).decode()
    if "!" in text and "<!DOCTYPE" in text:  # one character is found ten times as fast as several
        raise Unopenable(findings.UNSAFE_CONTENT.issue(found="DOCTYPE"))
    return text


def elements(xml: bytes) -> Iterator[Element]:
    """Every element with all that is in it; clear those that are done with. Raises Unopenable for a document type and
    ParseError for XML that is not well-formed."""
    return elements_of(decoded(xml))


def elements_of(text: str) -> Iterator[Element]:
    """`elements` of a text that `decoded` gave."""
    return fromstring(text).iter() if len(text) <= CHUNK else _elements_of_large(text)  # noqa: S314 - no document type: see decoded


def _elements_of_large(text: str) -> Iterator[Element]:
    parser = XMLPullParser(("end",))
    for start in range(0, len(text), CHUNK):
        parser.feed(text[start : start + CHUNK])
        yield from _ended(parser)
    parser.close()
    yield from _ended(parser)


def _ended(parser: XMLPullParser[Element]) -> Iterator[Element]:
    for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
        yield element


def local(tag: str) -> str:
    """A tag or attribute without its namespace."""
    return tag.rpartition("}")[2]
