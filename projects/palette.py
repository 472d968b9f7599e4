"""Colours for labels that come without one.

References
----------
.. [1] Paul Tol, "Colour Schemes", SRON technical note SRON/EPS/TN/09-002, issue 3.2: bright and
   muted qualitative schemes, told apart with every kind of colour blindness.
"""

COLORS = (
    "#4477aa",
    "#ee6677",
    "#228833",
    "#ccbb44",
    "#66ccee",
    "#aa3377",
    "#ee7733",
    "#332288",
    "#44aa99",
    "#882255",
    "#999933",
    "#cc6677",
    "#117733",
    "#88ccee",
    "#ddcc77",
)


def color_of(number: int) -> str:
    """The colour of the label with this id; colours come round again after the last one."""
    return COLORS[(number - 1) % len(COLORS)]
