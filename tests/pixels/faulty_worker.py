"""A decoder child that does what the name of its file says: crash, hang, spin, print, eat."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels import worker

_answer = worker._answer


def answer(request: Mapping[str, Any]):
    what = Path(request["path"]).stem
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang":
        threading.Event().wait()
    if what == "spin":
        while True:
            pass
    if what == "leave":
        os._exit(3)
    if what == "print":
        sys.stdout.write("libtiff says hello\n")
        sys.stdout.flush()
        os.write(1, b"and so does C\n")
    if what == "eat":
        bytearray(8 * 2**30)
    if what == "pid":
        raise ImageRefused(str(os.getpid()))
    return _answer(request)


def main() -> None:
    worker._answer = answer
    worker.main()
