"""JSON of the server by orjson: fast, and strict where Python's own takes NaN and endless depth."""

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


class OrjsonProvider(JSONProvider):
    """Reads and writes every JSON body of the app."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Text of a JSON document."""
        return orjson.dumps(obj, option=_OPTIONS).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read a document; what is not JSON by the letter raises ValueError."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A response holding the document."""
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=_OPTIONS)
        return Response(body, mimetype="application/json")
