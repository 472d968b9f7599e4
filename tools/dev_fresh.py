"""``make demo`` as a newcomer meets it: a fresh clone, an empty home, next to nothing on PATH."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from dev_steps import ROOT, StepFailed, Stopwatch, quiet, say

SECONDS_TO_START = 600
SECONDS_TO_STOP = 30

BASIC = (
    "make git sh bash env uname ls cat cp mv rm mkdir ln chmod touch grep sed awk sort head tail"
)
MORE = "tr cut dirname basename id test true false date find xargs tar gzip mktemp stat ldconfig"
TOOLS = (*BASIC.split(" "), *MORE.split(" "))

# how this machine reaches package registries is its own affair and comes along
NETWORK = re.compile(r"(?i)(PIP|UV|SSL_CERT)_.+|(https?|all|no)_proxy|REQUESTS_CA_BUNDLE")

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*")


def run() -> int:
    """Clone the last commit, start the demo there and see its page answer."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="datasetbuilder-fresh-") as name:
        folder = Path(name)
        clone = folder / "clone"
        quiet("cloning the last commit", ["git", "clone", "--quiet", ROOT, clone])
        environment = bare_environment(folder)
        with running_demo(clone, environment) as address:
            open_page(address)
    say(f"\nmake demo works from a fresh clone ({watch}).")
    return 0


def bare_environment(folder: Path) -> dict[str, str]:
    """Variables of a newcomer's shell, its PATH and home made inside ``folder``."""
    programs, home = folder / "bin", folder / "home"
    programs.mkdir()
    home.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found:
            (programs / name).symlink_to(Path(found).resolve().parent / Path(found).name)
    python = programs / "python3"
    # a link would make Python look for its library beside the link
    python.write_text(f'#!/bin/sh\nexec "{_real_python()}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    network = {key: value for key, value in os.environ.items() if NETWORK.fullmatch(key)}
    return {**network, "PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8"}


@contextmanager
def running_demo(clone: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run ``make demo`` until its address is printed; stopped as by Ctrl-C when done with."""
    say("→ make demo ARGS=--no-browser, with Python, make and git alone")
    process = subprocess.Popen(
        ["make", "demo", "ARGS=--no-browser"],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        yield _address(process)
    finally:
        _stop(process)


def open_page(address: str) -> None:
    """Open the printed address as a browser would, token first and its cookie from then on.

    Raises
    ------
    StepFailed
        If it does not answer, or lets in somebody without the token.
    """
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    page = urllib.parse.urljoin(address, "/")
    for what, url in {"the printed address": address, "the first page": page}.items():
        try:
            with browser.open(url, timeout=60) as answer:
                say(f"→ {what} answers {answer.status}, {answer.headers.get_content_type()}")
        except urllib.error.URLError as error:
            raise StepFailed(f"{what} does not answer: {error}") from None
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(page, timeout=60)
    except urllib.error.HTTPError as refusal:
        say(f"→ without the token it answers {refusal.code}")
        return
    raise StepFailed("The page opens without its token.")


def _real_python() -> Path:
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    real = Path(sys.base_exec_prefix) / "bin" / name
    return real if real.exists() else Path(sys.executable).resolve()


def _address(process: subprocess.Popen[str]) -> str:
    impatience = threading.Timer(SECONDS_TO_START, _signal, (process, signal.SIGKILL))
    impatience.start()
    try:
        for line in process.stdout or ():
            say(f"  | {line.rstrip()}")
            if found := ADDRESS.search(line):
                return found[0]
    finally:
        impatience.cancel()
    raise StepFailed(f"make demo ended (exit code {process.wait()}) without printing an address.")


def _stop(process: subprocess.Popen[str]) -> None:
    _signal(process, signal.SIGINT)
    try:
        process.communicate(timeout=SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.communicate()
        raise StepFailed(f"The demo went on {SECONDS_TO_STOP} seconds after Ctrl-C.") from None


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)
