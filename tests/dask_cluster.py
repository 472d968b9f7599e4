"""A Dask scheduler and its workers as a person starts them: processes of their own."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Cluster:
    """A scheduler on this machine's loopback address, with as many workers as were started."""

    folder: Path
    address: str = ""
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def start(self, *, workers: int) -> None:
        """Start, and wait until every worker has its place."""
        from distributed import Client

        self._run("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        with Client(scheduler_file=str(self._file), timeout=60) as client:
            self.address = json.loads(self._file.read_text())["address"]
            for _ in range(workers):
                self.start_worker()
            client.wait_for_workers(workers, timeout=60)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker that does one thing at a time; a killed one is not replaced."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        return self._run("dask_worker", *options, "--local-directory", str(self.folder))

    def stop(self) -> None:
        """End what was started."""
        for process in reversed(self._running):
            process.kill()
            process.wait()

    def _run(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *options]
        command += ["--scheduler-file", str(self._file)]
        with (self.folder / f"{program}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        self._running.append(process)
        return process
