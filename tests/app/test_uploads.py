import pytest
from flask import Flask, request

from datasetbuilder.app import uploads
from datasetbuilder.errors import WireError

BOUNDARY = "frontier"


def part(filename: str, content: bytes = b"pixels", name: str = "files") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def receive(folder, body: bytes):
    context = Flask("t").test_request_context(
        method="POST",
        data=body + f"--{BOUNDARY}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )
    with context:
        return uploads.received(request, folder)


def test_files_arrive_byte_for_byte(tmp_path):
    content = bytes(range(256)) * 5000
    (path,), refused = receive(tmp_path, part("cat.png", content))
    assert (path.name, path.read_bytes(), refused) == ("cat.png", content, [])


def test_two_files_of_one_name_are_kept_apart(tmp_path):
    paths, _ = receive(tmp_path, part("cat.png", b"a") + part("cat.png", b"b"))
    assert [path.read_bytes() for path in paths] == [b"a", b"b"]
    assert [path.name for path in paths] == ["cat.png", "cat.png"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("cat.png", "cat.png"),
        ("holiday/2025/cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\pictures\\cat.png", "cat.png"),
        ("..\\..\\cat.png", "cat.png"),
        ("%2e%2e%2fcat.png", "%2e%2e%2fcat.png"),
        ("Käfer 猫.png", "Käfer 猫.png"),
        ("  cat.png ", "cat.png"),
    ],
)
def test_only_the_last_part_of_a_name_is_kept(sent, kept):
    assert uploads.plain_name(sent) == kept


@pytest.mark.parametrize(
    "sent",
    ["", ".", "..", "a/", "../..", "a\0b.png", "a\nb.png", "\x7f", "a" * 300, "\ud800.png"],
)
def test_a_name_without_meaning_is_refused(sent):
    assert uploads.plain_name(sent) is None


def test_a_file_without_a_usable_name_is_listed_and_the_others_go_in(tmp_path):
    paths, refused = receive(tmp_path, part("..", b"x") + part("cat.png"))
    assert [path.name for path in paths] == ["cat.png"]
    assert refused == [{"name": "..", "reason": "the file has no usable name"}]


def test_nothing_is_written_outside_the_folder(tmp_path):
    inside = tmp_path / "staging"
    inside.mkdir()
    receive(inside, part("../../evil.png") + part("/evil.png") + part("..\\evil.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["staging"]


def test_a_body_without_files_is_refused(tmp_path):
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'.encode()
    with pytest.raises(WireError, match="files: is missing"):
        receive(tmp_path, field)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"--frontier\r\nnonsense"])
def test_a_malformed_body_is_refused(tmp_path, body):
    with pytest.raises(WireError, match=r"body|files"):
        receive(tmp_path, body)
