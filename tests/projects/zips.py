"""Zip archives, harmless and hostile: one generator per input, and what must happen to it."""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IMAGES = Path(__file__).parents[1] / "data" / "images"
CAT = (IMAGES / "cat.png").read_bytes()
CELLS = (IMAGES / "blood_cells.jpg").read_bytes()


@dataclass(frozen=True)
class ZipCase:
    """An archive and either a part of the reason why it is refused, or the names that go in."""

    write: Callable[[Path], object]
    refused: str = ""
    added: tuple[str, ...] = ()
    ignored: int = 0

    @property
    def name(self) -> str:
        return self.write.__name__  # pyright: ignore[reportFunctionMemberAccess]


def archive(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)


def plain(path: Path):
    archive(path, ("slides/cat.png", CAT), ("slides/cells.jpg", CELLS), ("readme.txt", b"hello"))


def stored_and_compressed(path: Path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.png", CAT, zipfile.ZIP_STORED)
        file.writestr("b.jpg", CELLS, zipfile.ZIP_BZIP2)
        file.writestr("c.jpg", CELLS, zipfile.ZIP_LZMA)


def with_a_mac_s_litter(path: Path):
    archive(
        path, ("cat.png", CAT), ("__MACOSX/._cat.png", b"x"), (".DS_Store", b"x"), ("folder/", b"")
    )


def named_in_utf8_without_saying_so(path: Path):
    archive(path, ("xx.png", CAT))
    data = path.read_bytes().replace(b"xx.png", "é.png".encode())
    path.write_bytes(data)


def named_in_the_old_way(path: Path):
    archive(path, ("x.png", CAT))
    path.write_bytes(path.read_bytes().replace(b"x.png", b"\x81.png"))


def differing_in_case(path: Path):
    archive(path, ("A.png", CAT), ("a.png", CELLS))


def climbing_out(path: Path):
    archive(path, ("cat.png", CAT), ("../../escaped.png", CAT))


def from_the_root(path: Path):
    archive(path, ("cat.png", CAT), ("/escaped.png", CAT))


def with_backslashes(path: Path):
    archive(path, ("cat.png", CAT), ("..\\escaped.png", CAT))


def from_a_drive(path: Path):
    archive(path, ("cat.png", CAT), ("C:escaped.png", CAT))


def with_a_link(path: Path):
    link = zipfile.ZipInfo("passwords.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive(path, ("cat.png", CAT), (link, b"/etc/passwd"))


def with_a_device(path: Path):
    device = zipfile.ZipInfo("zero.png")
    device.external_attr = (stat.S_IFCHR | 0o666) << 16
    archive(path, ("cat.png", CAT), (device, b""))


def with_one_name_twice(path: Path):
    archive(path, ("xat.png", CAT), ("cat.png", CELLS))
    path.write_bytes(path.read_bytes().replace(b"xat.png", b"cat.png"))


def with_one_name_written_two_ways(path: Path):
    archive(path, ("a/cat.png", CAT), ("a//cat.png", CELLS))


def encrypted(path: Path):
    archive(path, ("cat.png", CAT))
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


def with_a_wrong_checksum(path: Path):
    archive(path, ("first.jpg", CELLS), ("second.png", CAT))
    data = bytearray(path.read_bytes())
    data[-len(CAT) // 2] ^= 0xFF
    path.write_bytes(data)


def cut_in_half(path: Path):
    archive(path, ("first.jpg", CELLS), ("second.png", CAT))
    path.write_bytes(path.read_bytes()[:40_000])


def growing_two_hundredfold(path: Path):
    archive(path, ("cat.png", CAT), ("zeros.png", bytes(60 * 2**20)))


def of_very_many_members(path: Path):
    archive(path, ("cat.png", CAT))
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    count = 100_001
    directory = b"".join(entry[:46] + f"{k:06}x".encode()[:7] + entry[53:] for k in range(count))
    locator = _zip64_end(count, len(directory), start)
    path.write_bytes(data[:start] + directory + locator)


def _zip64_end(count: int, size: int, offset: int) -> bytes:
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    where = struct.pack("<4sIQI", b"PK\x06\x07", 0, offset + size, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    return end64 + where + end


def with_members_that_overlap(path: Path):
    archive(path, ("aaa.png", np.random.default_rng(1).bytes(300_000)))
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    directory = b"".join(entry.replace(b"aaa.png", b"%03d.png" % k) for k in range(50))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 50, 50, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + tail)


def lying_about_a_size(path: Path):
    archive(path, ("cat.png", CAT))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 5000)
    path.write_bytes(data)


def in_an_unknown_compression(path: Path):
    archive(path, ("cat.png", CAT))
    data = bytearray(path.read_bytes())
    data[8] = 99
    data[data.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(data)


def with_a_nul_in_a_name(path: Path):
    archive(path, ("cat.pngxxxx", CAT))
    path.write_bytes(path.read_bytes().replace(b"cat.pngxxxx", b"cat.png\0.sh"))


def with_a_name_that_is_not_utf8(path: Path):
    archive(path, ("éx.png", CAT))
    path.write_bytes(path.read_bytes().replace("éx".encode(), b"\xff\xfex"))


def with_a_member_called_dot(path: Path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("cat.png", CAT)
        file.writestr(zipfile.ZipInfo("."), b"here")


def with_damage_in_lzma(path: Path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("cat.png", CAT)
    data = bytearray(path.read_bytes())
    start = 30 + len("cat.png") + 9  # local header, name, header of the stream
    data[start : start + 20] = bytes(byte ^ 0x5A for byte in data[start : start + 20])
    path.write_bytes(data)


def text(path: Path):
    path.write_text("not an archive")


def empty_file(path: Path):
    path.touch()


def pipe(path: Path):
    os.mkfifo(path)


def link_to_an_archive(path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("cat.png", CAT)
    real = path.with_name("real.bin")
    real.write_bytes(buffer.getvalue())
    path.symlink_to(real)


CASES = (
    ZipCase(plain, added=("slides/cat.png", "slides/cells.jpg"), ignored=1),
    ZipCase(stored_and_compressed, added=("a.png", "b.jpg", "c.jpg")),
    ZipCase(with_a_mac_s_litter, added=("cat.png",), ignored=2),
    ZipCase(named_in_utf8_without_saying_so, added=("é.png",)),
    ZipCase(named_in_the_old_way, added=("ü.png",)),
    ZipCase(differing_in_case, added=("A.png", "a.png")),
    ZipCase(climbing_out, refused="leads outside"),
    ZipCase(from_the_root, refused="leads outside"),
    ZipCase(with_backslashes, refused="leads outside"),
    ZipCase(from_a_drive, refused="leads outside"),
    ZipCase(with_a_link, refused="passwords.png, which is a link or device"),
    ZipCase(with_a_device, refused="zero.png, which is a link or device"),
    ZipCase(with_one_name_twice, refused="holds cat.png twice"),
    ZipCase(with_one_name_written_two_ways, refused="holds a/cat.png twice"),
    ZipCase(encrypted, refused="is encrypted"),
    ZipCase(with_a_wrong_checksum, refused="is damaged at second.png"),
    ZipCase(cut_in_half, refused="not a whole zip archive"),
    ZipCase(growing_two_hundredfold, refused="taken for an attack"),
    ZipCase(of_very_many_members, refused="100001 entries; the limit is 100000"),
    ZipCase(with_members_that_overlap, refused="overlap"),
    ZipCase(lying_about_a_size, refused="damaged"),
    ZipCase(in_an_unknown_compression, refused="compression that is not known"),
    ZipCase(with_a_nul_in_a_name, refused="without a proper name"),
    ZipCase(with_a_name_that_is_not_utf8, refused="not a whole zip archive .*0xff"),
    ZipCase(with_a_member_called_dot, refused="without a proper name"),
    ZipCase(with_damage_in_lzma, refused="is damaged at cat.png"),
    ZipCase(text, refused="not a whole zip archive"),
    ZipCase(empty_file, refused="is empty"),
    ZipCase(pipe, refused="is a named pipe"),
    ZipCase(link_to_an_archive, refused="is a link"),
)
