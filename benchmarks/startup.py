"""How long the first touch takes: import, open_dataset, --help, server ready.

Run: ``python benchmarks/startup.py``. Each figure is the median of several fresh processes, beside
a bare ``python -c pass`` of the same run; ``-X importtime`` noise stays out.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
COMMANDS = {
    "python -c pass (control)": ["-c", "pass"],
    "import datasetbuilder": ["-c", "import datasetbuilder"],
    "datasetbuilder.open_dataset touched": ["-c", "import datasetbuilder as d; d.open_dataset"],
    "datasetbuilder --help": ["-m", "datasetbuilder", "--help"],
    "import dash, sqlalchemy.engine (control)": ["-c", "import dash, sqlalchemy.engine"],
}
HEAVY = ("dash", "sklearn", "skimage", "pandas", "scipy")


def main() -> None:
    print(f"{'what':40} {'ms':>8} {'above control':>14}")
    control = 0.0
    for name, arguments in COMMANDS.items():
        took = statistics.median(seconds(arguments) for _ in range(ROUNDS)) * 1000
        control = control or took
        print(f"{name:40} {took:8.0f} {took - control:14.0f}")
    with tempfile.TemporaryDirectory() as folder:
        seconds_until_ready(folder)
        ready = statistics.median(seconds_until_ready(folder) for _ in range(ROUNDS)) * 1000
    print(f"{'datasetbuilder serve, address printed':40} {ready:8.0f} {ready - control:14.0f}")
    print("loaded by import datasetbuilder:", loaded("import datasetbuilder") or "none of", HEAVY)


def seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def seconds_until_ready(folder: str) -> float:
    command = [sys.executable, "-u", "-m", "datasetbuilder", "serve", "--no-browser"]
    start = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--workspace", str(Path(folder) / "workspace")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:
        if re.search(r"http://\S+", line):
            break
    took = time.perf_counter() - start
    server.terminate()
    server.wait(30)
    server.stdout.close()
    return took


def loaded(code: str) -> list[str]:
    check = f"{code}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, text=True)
    return [name for name in HEAVY if f"'{name}'" in done.stdout]


if __name__ == "__main__":
    main()
