"""Controls of the canvas benchmark: a bare canvas page, and a plain plotly page with `drawrect`.

Both post what was drawn to a server that writes and fsyncs it. The plotly page holds the same
number of polygons as shapes, which is what a page without a layer of its own would do.
"""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import plotly.offline

BARE = """<!doctype html><canvas id=c width=1000 height=600></canvas><script>
const c = document.getElementById('c'), p = c.getContext('2d'); let a = null;
c.onpointerdown = (e) => { a = [e.offsetX, e.offsetY]; };
c.onpointerup = (e) => {
  p.strokeRect(a[0], a[1], e.offsetX - a[0], e.offsetY - a[1]);
  fetch('/operations', { method: 'POST', body: JSON.stringify({ box: a, pad: 'x'.repeat(1000) }) });
};
</script>"""

PLOTLY = """<!doctype html><div id=g style="width:1000px;height:600px"></div>
<script src="/plotly.js"></script><script>
const shapes = Array.from({ length: COUNT }, (_, k) => {
  const [x, y] = [60 + (k * 37) % 880, 60 + (k * 61) % 480];
  const at = (i) => {
    const t = (2 * Math.PI * i) / VERTICES, r = 14 * (1 + 0.3 * Math.sin(3 * t + k));
    return `${(x + r * Math.cos(t)).toFixed(2)},${(y + r * Math.sin(t)).toFixed(2)}`;
  };
  const path = `M${Array.from({ length: VERTICES }, (_, i) => at(i)).join('L')}Z`;
  return { type: 'path', path, line: { width: 1, color: '#4477aa' } };
});
const axis = (range) => ({ range, visible: false, autorange: false });
const layout = { shapes, dragmode: 'drawrect', margin: { l: 0, r: 0, t: 0, b: 0 },
  xaxis: axis([0, 1000]), yaxis: axis([600, 0]) };
const g = document.getElementById('g');
Plotly.newPlot(g, [], layout, { displayModeBar: false, scrollZoom: true }).then(() => {
  const post = (up) => fetch('/operations', { method: 'POST', body: JSON.stringify(up) });
  g.on('plotly_relayout', (up) => up.shapes && post(up));
  g.dataset.ready = 'yes';
});
</script>"""


def plotly_page(count: int, vertices: int) -> str:
    """The plotly page with so many polygons."""
    return PLOTLY.replace("COUNT", str(count)).replace("VERTICES", str(vertices))


@contextmanager
def control_server(count: int, vertices: int) -> Iterator[str]:
    """Serves `/bare`, `/plotly` and a place to post to."""
    pages = {"/bare": (BARE, "text/html"), "/plotly": (plotly_page(count, vertices), "text/html")}
    pages["/plotly.js"] = (plotly.offline.get_plotlyjs(), "text/javascript")
    with tempfile.TemporaryFile() as file:

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, kind = pages.get(self.path, ("", "text/plain"))
                self.answer(body.encode(), f"{kind}; charset=utf-8")

            def do_POST(self) -> None:
                file.write(self.rfile.read(int(self.headers["Content-Length"])))
                file.flush()
                os.fsync(file.fileno())
                stamp = datetime.now(UTC).isoformat()
                self.answer(json.dumps({"results": [{"at": stamp}]}).encode(), "application/json")

            def answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
