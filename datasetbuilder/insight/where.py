"""A small language that says which images and annotations are meant.

::

    status = accepted and label in (cell, nucleus) and not score < 0.5
    attribute.grade >= 2 or name ~ 'plate 1/*'
    date >= 2026-01-31

Fields of an image: ``status``, ``split``, ``name``. Of an annotation: ``label``, ``author``,
``score``, ``date`` (of its last change), ``set``, ``kind``, ``source``, ``area``, ``crowd`` and
``attribute.NAME``. Words without spaces need no quotes. ``~`` compares with ``*`` and ``?``.

An annotation is meant when the whole expression holds for it and its image. An image is meant
unless the expression is false whatever is drawn on it, so that images without objects stay.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, NoReturn, TypeAlias

from datasetbuilder.errors import UsageError
from datasetbuilder.model import Annotation, Image, Label, Snapshot

Value: TypeAlias = str | float
Row: TypeAlias = tuple[Image, tuple[Annotation, ...]]
Truth: TypeAlias = bool | None
"""True, false, or None where it depends on an annotation that is not there."""

MAX_LENGTH = 10_000
MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign><=|>=|==|!=|[=<>~(),])
    |(?P<word>[^\s"'=<>~!(),]+))""",
    re.VERBOSE,
)
_SIGNS = ("=", "==", "!=", "<", "<=", ">", ">=", "~")
_OF_IMAGES = ("status", "split", "name")
_NUMBERS = ("score", "area")
_OF_ANNOTATIONS = ("label", "author", "date", "set", "kind", "source", "crowd", *_NUMBERS)
_ATTRIBUTE = "attribute."
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}(:\d{2}(:\d{2})?)?)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that was understood.

    Attributes
    ----------
    text : str
        As it was written.
    holds : callable
        Says of an image, an annotation or None, and the names of labels whether it holds.
    """

    text: str
    holds: Callable[[Image, Annotation | None, Mapping[int, str]], Truth]


class WhereError(UsageError):
    """An expression that cannot be understood; the message points at the column."""


def condition_from_text(text: str) -> Condition:
    """Understand an expression.

    Raises
    ------
    WhereError
        With the expression and a mark under the first thing that is wrong.
    """
    if len(text) > MAX_LENGTH:
        raise WhereError(f"The expression is longer than {MAX_LENGTH} characters.")
    parser = _Parser(text)
    holds = parser.whole()
    return Condition(text, holds)


@dataclass(frozen=True, slots=True)
class Filtered:
    """A snapshot with only the images and annotations that are meant."""

    snapshot: Snapshot
    condition: Condition
    _names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names.update({label.id: label.name for label in self.snapshot.labels})

    @property
    def project(self) -> str:
        """The project's slug."""
        return self.snapshot.project

    @property
    def seq(self) -> int:
        """The number of the last event seen."""
        return self.snapshot.seq

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in use, by id."""
        return self.snapshot.labels

    def images(self) -> Iterator[Image]:
        """The images that are meant, by id."""
        return (image for image in self.snapshot.images() if self._has(image))

    def rows(self) -> Iterator[Row]:
        """The images that are meant with their annotations that are."""
        for image, annotations in self.snapshot.rows():
            if self._has(image):
                kept = (x for x in annotations if self.condition.holds(image, x, self._names))
                yield image, tuple(kept)

    def open_pixels(self, image: Image) -> BinaryIO:
        """The original file of an image."""
        return self.snapshot.open_pixels(image)

    def _has(self, image: Image) -> bool:
        return self.condition.holds(image, None, self._names) is not False


# --- reading the text -------------------------------------------------------------------------

_Test: TypeAlias = Callable[[Image, Annotation | None, Mapping[int, str]], Truth]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._cut()
        self._place = self._depth = 0

    def whole(self) -> _Test:
        if self._now.kind == "end":
            self._fail("Write a condition, for example: status = accepted and label = cell.")
        test = self._any()
        if self._now.kind != "end":
            self._fail("Expected 'and', 'or' or the end.")
        return test

    def _cut(self) -> list[_Token]:
        found, place = [], 0
        end = len(self._text.rstrip())
        while place < end:
            match = _TOKEN.match(self._text, place)
            if match is None or match.lastgroup is None:
                while self._text[place].isspace():
                    place += 1
                quoted = self._text[place] in "\"'"
                self._fail("This text has no end." if quoted else "This is not understood.", place)
            found.append(
                _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
            )
            place = match.end()
        return [*found, _Token("end", "", end)]

    @property
    def _now(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._now
        self._place += token.kind != "end"
        return token

    def _is(self, word: str) -> bool:
        return self._now.kind != "text" and self._now.text.lower() == word

    def _any(self) -> _Test:
        tests = [self._all()]
        while self._is("or"):
            self._take()
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else _any_of(tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._is("and"):
            self._take()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else _all_of(tests)

    def _one(self) -> _Test:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"More than {MAX_DEPTH} levels.")
        try:
            if self._is("not"):
                self._take()
                return _negated(self._one())
            if self._is("("):
                self._take()
                test = self._any()
                self._expect(")")
                return test
            return self._comparison()
        finally:
            self._depth -= 1

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            self._fail(f"Expected '{sign}'.")
        self._take()

    def _comparison(self) -> _Test:
        token = self._take()
        name = token.text if token.text.startswith(_ATTRIBUTE) else token.text.lower()
        known = name in (*_OF_IMAGES, *_OF_ANNOTATIONS) or len(name) > len(_ATTRIBUTE)
        if token.kind != "word" or not known or ("." in name and not name.startswith(_ATTRIBUTE)):
            listed = ", ".join((*_OF_IMAGES, *_OF_ANNOTATIONS, "attribute.NAME"))
            self._fail(f"Expected a field. Fields: {listed}.", token.column)
        if name not in (*_OF_IMAGES, *_OF_ANNOTATIONS) and not name.startswith(_ATTRIBUTE):
            listed = ", ".join((*_OF_IMAGES, *_OF_ANNOTATIONS, "attribute.NAME"))
            self._fail(f"There is no field '{token.text[:40]}'. Fields: {listed}.", token.column)
        if self._is("in"):
            self._take()
            values = self._list(name)
            return _compared(name, lambda found: any(_equal(found, value) for value in values))
        sign = self._take()
        if sign.text not in _SIGNS or sign.kind != "sign":
            self._fail(f"Expected one of {' '.join(_SIGNS)} or 'in'.", sign.column)
        value = self._value(name, sign.text)
        if name == "date" and sign.text in ("=", "=="):
            return _compared(name, lambda found: str(found).startswith(str(value)))
        return _compared(name, _comparer(sign.text, value))

    def _list(self, name: str) -> list[Value]:
        self._expect("(")
        values = [self._value(name, "=")]
        while self._is(","):
            self._take()
            values.append(self._value(name, "="))
        self._expect(")")
        return values

    def _value(self, name: str, sign: str) -> Value:
        token = self._take()
        if token.kind not in ("word", "text"):
            self._fail("Expected a value.", token.column)
        quoted = token.kind == "text"
        text = re.sub(r"\\(.)", r"\1", token.text[1:-1]) if quoted else token.text
        ordered = sign in ("<", "<=", ">", ">=")
        if ordered and name not in ("date", *_NUMBERS) and not name.startswith(_ATTRIBUTE):
            self._fail(f"'{name}' has no order: use =, != or ~.", token.column)
        if name in _NUMBERS or (name.startswith(_ATTRIBUTE) and ordered):
            try:
                return float(text)
            except ValueError:
                self._fail(f"'{name}' is compared with a number.", token.column)
        if name == "date" and not _DATE.fullmatch(text):
            self._fail("A date is written 2026-01-31 or 2026-01-31T15:00.", token.column)
        return text

    def _fail(self, problem: str, column: int | None = None) -> NoReturn:
        place = self._now.column if column is None else column
        start = max(0, place - 60)
        shown = self._text[start : place + 40].replace("\n", " ")
        raise WhereError(f"{problem} (column {place + 1})\n  {shown}\n  {' ' * (place - start)}^")


# --- what it means ----------------------------------------------------------------------------


def _any_of(tests: Sequence[_Test]) -> _Test:
    def holds(image: Image, item: Annotation | None, names: Mapping[int, str]) -> Truth:
        said = [test(image, item, names) for test in tests]
        return True if True in said else None if None in said else False

    return holds


def _all_of(tests: Sequence[_Test]) -> _Test:
    def holds(image: Image, item: Annotation | None, names: Mapping[int, str]) -> Truth:
        said = [test(image, item, names) for test in tests]
        return False if False in said else None if None in said else True

    return holds


def _negated(test: _Test) -> _Test:
    def holds(image: Image, item: Annotation | None, names: Mapping[int, str]) -> Truth:
        said = test(image, item, names)
        return None if said is None else not said

    return holds


def _compared(name: str, test: Callable[[Any], bool]) -> _Test:
    def holds(image: Image, item: Annotation | None, names: Mapping[int, str]) -> Truth:
        if name in _OF_IMAGES:
            return test(_of_image(name, image))
        return None if item is None else test(_of_annotation(name, item, names))

    return holds


def _of_image(name: str, image: Image) -> str | None:
    if name == "status":
        return image.state.value
    return image.split if name == "split" else image.name


def _of_annotation(name: str, item: Annotation, names: Mapping[int, str]) -> Any:
    if name.startswith(_ATTRIBUTE):
        return item.attributes.get(name.removeprefix(_ATTRIBUTE))
    if name == "label":
        return names.get(item.label)
    if name == "date":
        return None if item.updated_at is None else item.updated_at.isoformat()
    if name in ("kind", "crowd"):
        return str(getattr(item, name)).lower()
    return getattr(item, name)


def _comparer(sign: str, value: Value) -> Callable[[Any], bool]:
    if sign in ("=", "=="):
        return lambda found: _equal(found, value)
    if sign == "!=":
        return lambda found: not _equal(found, value)
    if sign == "~":
        return lambda found: found is not None and fnmatchcase(str(found), str(value))
    return lambda found: _ordered(found, sign, value)


def _equal(found: Any, value: Value) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == str(value).lower()
    if isinstance(found, int | float):
        try:
            return float(found) == float(value)
        except ValueError:
            return False
    return found is not None and str(found) == value


def _ordered(found: Any, sign: str, value: Value) -> bool:
    if isinstance(value, str):
        # a date means the whole day
        order = (found[: len(value)] > value) - (found[: len(value)] < value) if found else None
    else:
        plain = isinstance(found, int | float) and not isinstance(found, bool)
        order = (found > value) - (found < value) if plain else None
    if order is None:
        return False
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]
