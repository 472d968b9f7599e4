"""Measuring: lengths and angles, profiles along lines, shapes and intensities of objects.

Coordinates are those of the whole product: continuous ``(x, y)`` from the top-left corner of the
upright image. Values are those of the pixels, in their original depth.
"""

from datasetbuilder.measure.lines import angles, length
from datasetbuilder.measure.profile import Profile, profile
from datasetbuilder.measure.regions import PROPERTIES, channel_columns, region_properties
from datasetbuilder.measure.scale import Scale, scale_from_known_length, scale_from_wire
from datasetbuilder.measure.shape import Region, region

__all__ = [
    "PROPERTIES",
    "Profile",
    "Region",
    "Scale",
    "angles",
    "channel_columns",
    "length",
    "profile",
    "region",
    "region_properties",
    "scale_from_known_length",
    "scale_from_wire",
]
