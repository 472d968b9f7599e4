import subprocess
import sys

import pytest

HEAVY = ("sklearn", "skimage", "cv2", "scipy")


def loaded_by(statement):
    script = f"{statement}; import sys; print(*sorted(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def test_the_package_alone_loads_nothing_heavy():
    assert loaded_by("from datasetbuilder import refine; dir(refine)") == []


def test_the_tools_load_on_first_use():
    assert "cv2" in loaded_by("from datasetbuilder import refine; refine.scribbles.METHODS")


def test_an_unknown_tool_is_an_attribute_error():
    from datasetbuilder import refine

    with pytest.raises(AttributeError, match="wand_of_merlin"):
        refine.wand_of_merlin  # noqa: B018
