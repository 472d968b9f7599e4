"""XML of others: no entities, no outside references, no depth without end."""

from xml.etree.ElementTree import Element, ParseError

from datasetbuilder.errors import FormatError

MAX_DEPTH = 32
MAX_TEXT = 1_000_000


def parsed(text: str, name: str) -> Element:
    """The root element of a document.

    Raises
    ------
    FormatError
        If it is broken, declares entities or is nested too deeply.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise FormatError(
            f"{name} declares a document type or entities, which is refused"
        ) from None
    except (ParseError, ValueError) as error:
        raise FormatError(f"{name} is not valid XML: {error}") from None
    except RecursionError:
        raise FormatError(f"{name} is nested too deeply") from None
    _check_depth(root, name)
    return root


def _check_depth(root: Element, name: str) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise FormatError(f"{name} is nested deeper than {MAX_DEPTH} levels")
        level = [child for item in level for child in item]


def child_text(parent: Element, key: str, where: str) -> str:
    """The text of a child without spaces around it, empty if there is none.

    Raises
    ------
    FormatError
        If there are two of them, or the text is absurdly long.
    """
    found = parent.findall(key)
    if len(found) > 1:
        raise FormatError(f"{where}.{key} stands there {len(found)} times")
    text = (found[0].text or "").strip() if found else ""
    if len(text) > MAX_TEXT:
        raise FormatError(f"{where}.{key} is longer than {MAX_TEXT} characters")
    return text
