"""How often one person may ask for what costs much."""

import threading
import time
from collections import deque
from collections.abc import Callable

RATES: dict[str, tuple[int, float]] = {
    "api.create_project": (60, 60),
    "api.start_export": (30, 60),
    "api.download_export": (60, 60),
    "api.restore": (120, 60),
    "api.prepare": (600, 60),
    "api.refine_scribbles": (1200, 60),
    "api.refine_outline": (1200, 60),
    "api.create_invite": (60, 60),
    "api.create_token": (60, 60),
    "api.change_password": (10, 60),
}
"""Endpoint: so many requests in so many seconds, for each person."""
_MOST_KEPT = 10_000


class Rates:
    """Counts requests in a sliding window, in this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, user: str, endpoint: str) -> float:
        """Count a request; the seconds to wait, 0 where it may go on."""
        if endpoint not in RATES:
            return 0
        most, seconds = RATES[endpoint]
        moment = self._clock()
        with self._lock:
            if len(self._asked) > _MOST_KEPT:
                self._asked.clear()
            times = self._asked.setdefault((user, endpoint), deque())
            while times and times[0] <= moment - seconds:
                times.popleft()
            if len(times) >= most:
                return times[0] + seconds - moment
            times.append(moment)
        return 0
