import re

import pytest

from datasetbuilder.app.security.headers import content_policy

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ADDRESSES = (
    "/",
    "/login",
    "/health",
    "/api/v1/projects",
    "/api/v1/projects/none",
    "/_dash-layout",
    "/assets/theme.css",
    "/assets/missing.css",
    "/_dash-component-suites/dash/none.js",
    "/_dash-component-suites/none/none.js",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_response_carries_the_headers(client, stranger, address):
    for visitor in (client, stranger):
        headers = visitor.get(address).headers
        assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Cache-Control" in headers


def test_refusals_before_the_gate_carry_them_too(client):
    for answer in (
        client.get("/", headers={"Host": "evil"}),
        client.put("/"),
        client.patch("/x/y"),
    ):
        assert answer.status_code >= 400
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_scripts_run_from_our_own_files_or_by_their_hash_alone(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    (listed,) = re.findall(r"script-src ([^;]*)", policy)
    scripts = listed.split()
    assert scripts[0] == "'self'"
    assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", source) for source in scripts[1:])
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_every_inline_script_of_the_page_is_covered_by_a_hash(app, client):
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    inline = re.findall(
        r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", page.text, re.S
    )
    assert inline
    for script in inline:
        assert content_policy([_hash(script)]).split("; ")[1].split()[-1] in policy


def _hash(script: str) -> str:
    import base64
    import hashlib

    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_theme_is_set_before_anything_is_painted(client):
    page = client.get("/").text
    head = page.partition("</head>")[0]
    assert re.search(r'<script src="/assets/00_theme.js\?m=\d+"></script>', head)
    assert page.count("00_theme.js") == 1


def test_answers_of_the_api_are_not_kept(client, project):
    assert client.get("/api/v1/projects").headers["Cache-Control"] == "no-store"
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_files_with_a_fingerprint_are_kept_for_good(client):
    page = client.get("/").text
    for address in re.findall(r'(?:src|href)="(/(?:_dash-comp|assets)[^"]*)"', page):
        answer = client.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"], address


def test_nothing_is_loaded_from_elsewhere(client):
    page = client.get("/").text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
