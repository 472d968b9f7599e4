"""The exports as Hugging Face `datasets` loads them, offline."""

import os
import sys

import pytest

from datasetbuilder.exporters.export import export
from tests.exporters.campaigns import objects, tags

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    home = tmp_path_factory.mktemp("huggingface")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "HF_HOME", str(home))
        for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
            patch.setitem(os.environ, name, "1")
        patch.setitem(os.environ, "HF_DATASETS_CACHE", str(home / "datasets"))
        assert "datasets" not in sys.modules or os.environ.get("HF_HUB_OFFLINE") == "1"
        import datasets

        datasets.disable_progress_bars()
        yield datasets


def loaded(datasets, folder, tmp_path):
    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("images", ["copy", "link"])
def test_pictures_and_class_names_are_kept(datasets, tmp_path, images):
    export(objects(), tmp_path / "out", formats=["parquet"], images=images)
    found = loaded(datasets, tmp_path / "out", tmp_path)
    assert list(found) == ["train", "validation"]
    features = found["train"].features
    assert isinstance(features["image"], datasets.Image)
    assert features["objects"]["category"].feature.names == ["cell", "nucleus"]
    row = found["train"][0]
    assert row["image"].size == (48, 48)
    assert row["objects"]["id"] == [*range(1, 11), 20, 21]
    assert found["train"][1]["objects"]["id"] == []


def test_both_formats_in_one_folder_still_load(datasets, tmp_path):
    export(objects(), tmp_path / "out", formats=["coco", "parquet"])
    found = loaded(datasets, tmp_path / "out", tmp_path)
    assert (found["train"].num_rows, found["validation"].num_rows) == (2, 1)
    assert isinstance(found["train"].features["image"], datasets.Image)


def test_streaming_gives_the_same_rows(datasets, tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"])
    stream = datasets.load_dataset(str(tmp_path / "out"), split="train", streaming=True)
    assert [row["image"].size for row in stream] == [(48, 48), (56, 40)]


def test_boxes_without_images_load_with_file_names(datasets, tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"], images="none", task="detection")
    found = loaded(datasets, tmp_path / "out", tmp_path)["train"]
    assert found["file_name"][:] == ["plate 1/ring.png", "background.jpg"]
    assert found.features["objects"]["category"].feature.names == ["cell", "nucleus"]


def test_one_class_on_each_image_loads_as_a_class_label(datasets, tmp_path):
    export(tags(several=False), tmp_path / "out", formats=["parquet"], task="classification")
    found = loaded(datasets, tmp_path / "out", tmp_path)["train"]
    assert isinstance(found.features["label"], datasets.ClassLabel)
    assert found.features["label"].int2str(found[0]["label"]) == "nucleus"
    assert found[1]["label"] is None


def test_several_classes_load_as_a_list_of_class_labels(datasets, tmp_path):
    export(tags(several=True), tmp_path / "out", formats=["parquet"], task="classification")
    found = loaded(datasets, tmp_path / "out", tmp_path)["train"]
    assert found.features["labels"].feature.names == ["cell", "nucleus"]
    assert found["labels"][:] == [[1, 0], []]
