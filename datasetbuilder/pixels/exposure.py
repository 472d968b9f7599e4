"""Correcting values: light, contrast, ground and noise, in the depth that a picture has.

Whole-number pictures are taken as 0 to 1 of the range of their type, floating-point ones as they
lie between their least and greatest value, and come back in that range.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import DataError

Pixels: TypeAlias = NDArray[Any]
_DARK = 1e-6


def powered(pixels: Pixels, value: float) -> Pixels:
    """Each value to a power."""
    return _through(pixels, lambda plane: plane**value)


def equalised(pixels: Pixels, limit: float) -> Pixels:
    """Contrast evened out by place (CLAHE), each channel by itself."""
    from skimage.exposure import equalize_adapthist

    return _through(pixels, lambda plane: equalize_adapthist(plane, clip_limit=limit))


def matched(pixels: Pixels, reference: Pixels) -> Pixels:
    """The values of a picture spread as those of another are.

    Raises
    ------
    DataError
        If one is grey and the other is not.
    """
    from skimage.exposure import match_histograms

    if pixels.shape[2:] != reference.shape[2:]:
        raise DataError("A picture can only be matched to one with as many channels.")
    axis = -1 if pixels.ndim == 3 else None
    found = match_histograms(pixels, reference, channel_axis=axis)
    return _as_type(found, pixels.dtype)


def flattened(pixels: Pixels, sigma: float) -> Pixels:
    """Divided by its own blur, at the same mean."""

    def flat(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        import cv2

        light: Any = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        return plane / np.maximum(light, _DARK) * float(light.mean())

    return _through(pixels, flat)


def without_background(pixels: Pixels, radius: int, *, bright: bool = False) -> Pixels:
    """What stands out of the ground: brighter than a dark one, or darker than a bright one."""
    import cv2

    around: Any = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))

    def stood_out(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        image = plane.astype(np.float32)
        ground = cv2.morphologyEx(image, cv2.MORPH_CLOSE if bright else cv2.MORPH_OPEN, around)
        found: Any = 1 - (ground - image) if bright else image - ground
        return found

    return _through(pixels, stood_out)


def denoised(pixels: Pixels, method: str, strength: float) -> Pixels:
    """With less noise; at strength 0 as it is."""
    if strength == 0:
        return pixels
    return _through(pixels, lambda plane: DENOISERS[method](plane.astype(np.float32), strength))


def _median(plane: Pixels, strength: float) -> Pixels:
    from scipy.ndimage import median_filter

    side = 3 + 2 * round(3 * strength)
    return median_filter(plane, size=side, mode="reflect")


def _bilateral(plane: Pixels, strength: float) -> Pixels:
    import cv2

    found: Any = cv2.bilateralFilter(plane, 0, 0.5 * strength, 1 + 4 * strength)
    return found


def _non_local(plane: Pixels, strength: float) -> Pixels:
    from skimage.restoration import denoise_nl_means, estimate_sigma

    noise = float(np.mean(estimate_sigma(plane)))
    how: dict[str, Any] = {"patch_size": 5, "patch_distance": 6, "fast_mode": True}
    return denoise_nl_means(plane, h=max(_DARK, 2 * strength * noise), sigma=noise, **how)


def _variation(plane: Pixels, strength: float) -> Pixels:
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(plane, weight=0.3 * strength)


DENOISERS: Mapping[str, Callable[[Pixels, float], Pixels]] = {
    "median": _median,
    "bilateral": _bilateral,
    "non-local means": _non_local,
    "total variation": _variation,
}


def _through(pixels: Pixels, work: Callable[[NDArray[np.float64]], Pixels]) -> Pixels:
    """Work on each channel from 0 to 1; a fourth channel of a colour picture is its cover."""
    low, high = _range(pixels)
    if high <= low:
        return pixels
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    colours = 3 if planes.shape[2] == 4 and pixels.dtype == np.uint8 else planes.shape[2]
    found = []
    for channel in range(planes.shape[2]):
        plane = planes[..., channel]
        if channel < colours:
            done = np.clip(work((plane.astype(np.float64) - low) / (high - low)), 0, 1)
            plane = _as_type(done * (high - low) + low, pixels.dtype)
        found.append(plane)
    return found[0] if pixels.ndim == 2 else np.stack(found, axis=-1)


def _range(pixels: Pixels) -> tuple[float, float]:
    if pixels.dtype == bool:
        return 0.0, 1.0
    if np.issubdtype(pixels.dtype, np.integer):
        limits = np.iinfo(pixels.dtype)
        return float(limits.min), float(limits.max)
    return float(np.nanmin(pixels)), float(np.nanmax(pixels))


def _as_type(values: Pixels, kind: np.dtype[Any]) -> Pixels:
    if np.issubdtype(kind, np.integer):
        limits = np.iinfo(kind)
        return np.clip(np.rint(values), limits.min, limits.max).astype(kind)
    return values.astype(kind)
