"""A large sheet of an .xlsx, read some thousand rows at a time.

Calamine holds every cell of a sheet at once, which for half a million rows is more than a gigabyte.
Here the sheet's XML is cut between rows, and each piece becomes a small workbook of its own with the
styles of the whole and those of the shared texts that it names.
"""

import io
import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import python_calamine as calamine

PIECE = 24 * 2**20
"""Bytes of XML of one piece, and of a sheet that is large."""
BLOCK = 2**20
LONGEST = 64 * 2**20
"""Bytes of XML that one row, or what stands before and after the rows, may have."""
MOST = 16 * 2**20
"""Cells from the first to the last, blank ones too: calamine makes room for all of them at once."""
_PLACE = re.compile(rb' r="([A-Z]{0,3})([0-9]{1,7})"')
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*?\bhidden="(?:1|true)"')
_HIDDEN_COLUMNS = re.compile(rb'<(?:\w+:)?col\s[^>]*?\bhidden="(?:1|true)"')
_BEGIN, _END, _ROW = b"<sheetData>", b"</sheetData>", b"</row>"
_NUMBERED = re.compile(rb'<row [^>]*\br="[0-9]+"')
_WITH = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
         "xl/styles.xml")  # fmt: skip
_TEXTS = "xl/sharedStrings.xml"
_TEXT = re.compile(rb"<si[ >/]")
_NAMED = re.compile(rb'( t="s"(?: [^>]*)?><v>)([0-9]+)(?=</v>)')
_NAMING = re.compile(rb"""\bt=["']s["']""")


@dataclass(frozen=True)
class Texts:
    """The shared texts of a workbook: their XML, and where each begins."""

    xml: bytes
    places: "array[int]"

    def narrowed(self, rows: bytes) -> tuple[bytes, bytes]:
        """Some rows with the texts that they name, which are numbered anew. All texts, where a cell
        names its text in a way that is not known here."""
        names: dict[bytes, bytes] = {}

        def number(found: "re.Match[bytes]") -> bytes:
            name = names.get(found[2])
            if name is None:
                name = names[found[2]] = b"%d" % len(names)
            return found[1] + name

        made, count = _NAMED.subn(number, rows)
        if count != len(_NAMING.findall(rows)):
            return rows, self.xml
        out = [self.xml[: self.places[0]]]
        for name in names:
            at = int(name)
            if at + 1 >= len(self.places):
                raise ValueError("a text that is not there")
            out.append(self.xml[self.places[at] : self.places[at + 1]])
        out.append(b"</sst>")
        return made, b"".join(out)


@dataclass(slots=True)
class Reach:
    """How far some XML of a sheet goes, and how much of it is hidden."""

    widest: bytes = b"A"
    first: int = 0
    last: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0

    def add(self, xml: bytes) -> None:
        """Look through more of the sheet."""
        for row in xml.split(b"row>"):  # its last cell is the one farthest to the right
            if (found := _PLACE.match(row, row.rfind(b' r="'))) is None:
                continue
            letters, number = found[1], int(found[2])
            if (len(letters), letters) > (len(self.widest), self.widest):
                self.widest = letters
            self.first = min(self.first or number, number)
            self.last = max(self.last, number)
        if b"hidden=" in xml:
            self.hidden_rows += len(_HIDDEN.findall(xml))
            self.hidden_columns += len(_HIDDEN_COLUMNS.findall(xml))

    @property
    def too_far(self) -> bool:
        """Whether a cell so far from the others was entered that the sheet can't be held."""
        width = 0
        for letter in self.widest:
            width = width * 26 + letter - 64
        return width * (self.last - self.first + 1) > MOST


@dataclass(frozen=True)
class Pieces:
    """One large sheet. ``before`` and ``after`` are its XML around the rows."""

    package: zipfile.ZipFile
    sheet: str
    part: str
    size: int
    before: bytes
    after: bytes
    others: dict[str, bytes]
    texts: Texts | None

    def rows(self) -> Iterator[tuple[bytes, float]]:
        """The XML of some rows after another, and how much of the sheet is read by then."""
        with self.package.open(self.part) as stream:
            stream.read(len(self.before))
            carry = bytearray()
            while block := stream.read(BLOCK):
                carry += block
                end = carry.find(_END, max(0, len(carry) - len(block) - len(_END)))
                if end >= 0:
                    yield bytes(carry[:end]), 1.0
                    return
                if len(carry) < PIECE:
                    continue
                cut = carry.rfind(_ROW) + len(_ROW)
                if cut >= len(_ROW):
                    yield bytes(carry[:cut]), stream.tell() / self.size
                    del carry[:cut]
                elif len(carry) > PIECE + LONGEST:
                    raise ValueError("a row without end")
        raise ValueError("a sheet without end")

    def opened(self, rows: bytes, *, whole: bool = False) -> calamine.CalamineSheet:
        """A piece as calamine sees it; ``whole`` with the merged cells of the sheet."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as package:
            for name, content in self.others.items():
                package.writestr(name, content)
            if self.texts is not None:
                rows, texts = self.texts.narrowed(rows)
                package.writestr(_TEXTS, texts)
            end = self.after if whole else _END + b"</worksheet>"
            package.writestr(self.part, self.before + rows + end)
        made.seek(0)
        return calamine.load_workbook(made).get_sheet_by_name(self.sheet)


def pieces(package: zipfile.ZipFile, sheet: str, part: str) -> Pieces | None:
    """A sheet cut into pieces; None where it is small, or written in a way that is not known here.

    Raises what a damaged package raises.
    """
    if part not in package.NameToInfo or package.NameToInfo[part].file_size <= PIECE:
        return None
    with package.open(part) as stream:
        start = bytearray()
        while _ROW not in start and len(start) < LONGEST and (block := stream.read(BLOCK)):
            start += block
        at = start.find(_BEGIN) + len(_BEGIN)
        if at < len(_BEGIN) or not _NUMBERED.match(start, at):
            return None
        carry = bytes(start)
        while _END not in carry:
            block = stream.read(BLOCK)
            if not block:
                return None
            carry = carry[-len(_END) :] + block
        after = carry[carry.find(_END) :]
        while block := stream.read(BLOCK):
            after += block
            if len(after) > LONGEST:
                return None
    others = {name: package.read(name) for name in _WITH if name in package.NameToInfo}
    size = package.NameToInfo[part].file_size
    return Pieces(package, sheet, part, size, bytes(start[:at]), after, others, _texts(package))


def _texts(package: zipfile.ZipFile) -> Texts | None:
    if _TEXTS not in package.NameToInfo:
        return None
    xml = package.read(_TEXTS)
    places = array("Q", (found.start() for found in _TEXT.finditer(xml)))
    end = xml.rfind(b"</sst>")
    places.append(end if end >= 0 else len(xml))
    return Texts(xml, places)
