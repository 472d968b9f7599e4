"""The real server of a workspace, alone or one after another from a process that has loaded it all.

Run: python -m tests.soak.server FOLDER [--broken NAME]
     python -m tests.soak.server --zygote [--broken NAME]

Prints one JSON line when it is ready: its process id, its origin and a session's cookie. The zygote
reads folders from its input, one a line, and forks a server for each: loading takes a second and a
half, which a thousand rounds cannot spend. It has no threads of its own, so a fork is a clean copy.
"""

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path

from tests.soak.broken import BROKEN, break_it


def serve(folder: Path) -> None:
    """Serve a workspace until killed."""
    from datasetbuilder.api import Workspace
    from datasetbuilder.app.serving import Server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    workspace = Workspace(folder)
    server = Server(workspace, image_roots=(folder,))
    token, secret = server.sessions.one_time_token(), None
    while secret is None:  # a store that answers early has the token a little later
        secret = server.sessions.exchange(token)
    while server.sessions.user(secret) is None:
        time.sleep(0.01)
    about = {
        "pid": os.getpid(),
        "origin": server.origin,
        "cookie": f"{server.sessions.cookie}={secret}",
    }
    say(json.dumps(about))
    server.run()


def say(line: str) -> None:
    """One line to whoever started this."""
    os.write(1, line.encode() + b"\n")


def zygote() -> None:
    """Fork a server for every folder that is named."""
    import datasetbuilder.app.serving  # noqa: F401

    say("{}")
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            sys.stdin = open(os.devnull)  # noqa: SIM115
            serve(Path(line.strip()))
            os._exit(0)


def main() -> None:
    """Run as described above."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--zygote", action="store_true")
    parser.add_argument("--broken", choices=sorted(BROKEN))
    given = parser.parse_args()
    break_it(given.broken)
    if given.zygote:
        zygote()
    else:
        serve(given.folder)


if __name__ == "__main__":
    main()
