"""A Chromium for the browser stories: found, or installed by the system's package manager."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev_steps import StepFailed, quiet, say

VARIABLE = "DATASETBUILDER_CHROMIUM"

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)

PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

# The fonts are only recommended by Debian's package; without them every text is a row of boxes.
INSTALLERS: Mapping[str, Sequence[Sequence[str]]] = {
    "apt-get": (
        ("apt-get", "update"),
        ("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"),
    ),
    "dnf": (("dnf", "install", "-y", "chromium"),),
    "zypper": (("zypper", "--non-interactive", "install", "chromium"),),
    "pacman": (("pacman", "-Sy", "--noconfirm", "chromium"),),
    "apk": (("apk", "add", "chromium"),),
}

HOW = (
    "The browser stories need a Chromium, and none was found. Install one\n"
    "(on Debian: apt-get install chromium) or name yours:\n"
    f"    {VARIABLE}=/path/to/chrome make test\n"
    "Everything but the browser stories: make check"
)


def ensure_chromium() -> Path:
    """Find a Chromium, or install one where that needs no password.

    Raises
    ------
    StepFailed
        With what to do, if there is none and it cannot be installed.
    """
    found = find_chromium()
    if found is None and (prefix := rights()) is not None:
        _install(prefix)
        found = find_chromium()
    if found is None:
        raise StepFailed(HOW)
    say(f"→ browser stories use {found}")
    return found


def find_chromium(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The Chromium that was named, or the first one that starts."""
    named = environment.get(VARIABLE)
    if named:
        if not _starts(named):
            raise StepFailed(f"{VARIABLE} names {named}, which does not start as a Chromium.")
        return Path(named)
    path = environment.get("PATH", "")
    candidates = [shutil.which(name, path=path) for name in NAMES] + list(PLACES)
    return next((Path(each) for each in candidates if each and _starts(each)), None)


def _starts(candidate: str) -> bool:
    # Ubuntu's chromium-browser without snap is a script that only prints advice
    try:
        done = subprocess.run([candidate, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def rights() -> Sequence[str] | None:
    """What to put before a command that installs something; None where it would not be let."""
    if os.name != "posix":
        return None
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True)
    return ("sudo", "-n") if asked.returncode == 0 else None


def _install(prefix: Sequence[str]) -> None:
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    for command in INSTALLERS[manager] if manager else ():
        words = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command]
        try:
            quiet(" ".join([*prefix, *command]), words, timeout=900)
        except StepFailed as failure:
            raise StepFailed(f"{failure}\n\n{HOW}") from None
