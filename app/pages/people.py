"""Your own login, and for administrators everyone's: ``assets/people.js`` fills and changes it.

It speaks with plain routes, so that a password or a token never passes through a browser store.
"""

from dash import html

from datasetbuilder.app.pages import shell
from datasetbuilder.app.pages.markup import attributes


def layout(user: str) -> html.Div:
    """Places for what the script brings."""
    sections = html.Div(id="people", className="column", **attributes(data_user=user))
    return shell.page(title="People", content=[sections], home=True)
