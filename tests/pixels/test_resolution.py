"""The size of a pixel as a file records it."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from datasetbuilder.pixels.resolution import pixel_size

OME = (
    '<?xml version="1.0"?><OME><Image><Pixels PhysicalSizeX="{x}" PhysicalSizeY="0.5" {more}/>'
    "</Image></OME>"
)


def tiff(**options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((4, 5), np.uint16), **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"imagej": True, "resolution": (4, 4), "metadata": {"unit": "um"}},
            (0.25, "µm"),
        ),
        ({"resolution": (20000, 20000), "resolutionunit": 3, "metadata": None}, (0.5, "µm")),
        ({"resolution": (300, 300), "resolutionunit": 2, "metadata": None}, None),
        ({"resolution": (20000, 10000), "resolutionunit": 3, "metadata": None}, None),
        ({"metadata": None}, None),
        ({"description": OME.format(x="0.5", more=""), "metadata": None}, (0.5, "µm")),
        (
            {
                "description": OME.format(x="0.5", more='PhysicalSizeXUnit="mm"'),
                "metadata": None,
            },
            (0.5, "mm"),
        ),
        ({"description": OME.format(x="0", more=""), "metadata": None}, None),
        ({"description": OME.format(x="zero", more=""), "metadata": None}, None),
    ],
)
def test_what_a_microscope_wrote_is_read(options, expected):
    assert pixel_size(tiff(**options)) == expected


def test_a_print_density_is_no_scale():
    file = io.BytesIO()
    Pillow.new("L", (3, 3)).save(file, "PNG", dpi=(300, 300))
    assert pixel_size(file.getvalue()) is None
