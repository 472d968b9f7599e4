"""Every format an export can have: one line each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from datasetbuilder.errors import UnknownName
from datasetbuilder.exporters import (
    classes,
    coco,
    coco_keypoints,
    coco_panoptic,
    labelme,
    masks,
    objects_table,
    parquet,
    voc,
    webdataset,
    yolo,
    yolo_pose,
)
from datasetbuilder.exporters.checking import Tally
from datasetbuilder.exporters.compare import check_against_snapshot
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import (
    CLASSIFICATION,
    DETECTION,
    INSTANCES,
    KEYPOINTS,
    PANOPTIC,
    SEMANTIC,
    ExportOptions,
)
from datasetbuilder.exporters.survey import Survey

OBJECTS = (INSTANCES, DETECTION)


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a dataset down and to prove that it was.

    Attributes
    ----------
    name : str
        What people call it on the command line.
    about : str
        What it is, in half a sentence.
    version : int
        Grows when the same snapshot gives other bytes.
    tasks : tuple of str
        What it can hold, the usual task first.
    write : callable
        Writes a job into a folder.
    check : callable
        Reads the folder back and compares it with the job's snapshot; gives what was read by split,
        or None when that is all of it.
    tally : callable
        Counts images and annotations of one split from folder, task and name.
    losses : callable
        What the format cannot say of a snapshot.
    by_stem : bool
        Whether two images may not differ by the ending of their names alone.
    traced : bool
        Whether its losses depend on holes, pieces and overlaps.
    whole : bool
        Whether it has room for all that is drawn, so that what trainers do not see is kept in it.
    at_root : bool
        Whether it shares the export's folder with other formats; the others get one of their own.
    """

    name: str
    about: str
    version: int
    tasks: tuple[str, ...]
    write: Callable[[ExportJob, Path], None]
    check: Callable[[ExportJob, Path], Tally | None]
    tally: Callable[[Path, str, str], dict[str, int]]
    losses: Callable[[Survey, ExportOptions], tuple[str, ...]]
    by_stem: bool = False
    traced: bool = False
    whole: bool = False
    at_root: bool = False

    def home(self, folder: Path, names: Sequence[str]) -> Path:
        """Where the format lies in an export of several."""
        alone = len(names) == 1
        return folder if alone or self.at_root else folder / self.name


ReadSplit = Callable[[Path, str, str], Iterator[Row]]


def _exactly(read_split: ReadSplit, name: str, job: ExportJob, folder: Path) -> None:
    check_against_snapshot(job, partial(read_split, folder, job.options.task), name)


def _tally(read_split: ReadSplit, folder: Path, task: str, split: str) -> dict[str, int]:
    images = objects = 0
    for _, annotations in read_split(folder, task, split):
        images += 1
        objects += len(annotations)
    return {"images": images, "annotations": objects}


_ALL = (
    Format(
        name="coco",
        whole=True,
        about="JSON that every detection and segmentation framework reads",
        version=coco.VERSION,
        tasks=(INSTANCES, DETECTION, CLASSIFICATION),
        write=coco.write,
        check=coco.check,
        tally=partial(_tally, coco.read_split),
        losses=coco.losses,
        at_root=True,
    ),
    Format(
        name="coco-keypoints",
        whole=True,
        about="JSON of keypoints and skeletons for trainers of poses",
        version=coco_keypoints.VERSION,
        tasks=(KEYPOINTS,),
        write=coco_keypoints.write,
        check=coco_keypoints.check,
        tally=coco_keypoints.tally,
        losses=coco_keypoints.losses,
        at_root=True,
    ),
    Format(
        name="coco-panoptic",
        whole=True,
        about="JSON and PNG files in which every pixel has one segment",
        version=coco_panoptic.VERSION,
        tasks=(PANOPTIC,),
        write=coco_panoptic.write,
        check=coco_panoptic.check,
        tally=coco_panoptic.tally,
        losses=coco_panoptic.losses,
        by_stem=True,
        traced=True,
        at_root=True,
    ),
    Format(
        name="parquet",
        whole=True,
        about="columns for Hugging Face datasets, pandas, DuckDB and polars",
        version=parquet.VERSION,
        tasks=(INSTANCES, DETECTION, CLASSIFICATION),
        write=parquet.write,
        check=partial(_exactly, parquet.read_split, "parquet"),
        tally=partial(_tally, parquet.read_split),
        losses=parquet.losses,
        at_root=True,
    ),
    Format(
        name="yolo-detect",
        about="text files of boxes for Ultralytics and its kin",
        tasks=(DETECTION,),
        by_stem=True,
        **yolo.for_format(yolo.Yolo("detect")),
    ),
    Format(
        name="yolo-segment",
        about="text files of outlines for Ultralytics and its kin",
        tasks=(INSTANCES,),
        by_stem=True,
        traced=True,
        **yolo.for_format(yolo.Yolo("segment")),
    ),
    Format(
        name="yolo-obb",
        about="text files of rotated boxes for Ultralytics and its kin",
        tasks=(DETECTION,),
        by_stem=True,
        traced=True,
        **yolo.for_format(yolo.Yolo("obb")),
    ),
    Format(
        name="yolo-pose",
        about="text files of keypoints for Ultralytics and its kin",
        tasks=(KEYPOINTS,),
        by_stem=True,
        **yolo.for_format(yolo_pose.Pose("pose")),
    ),
    Format(
        name="classes",
        about="a folder of images for each class, and tables",
        version=classes.VERSION,
        tasks=(CLASSIFICATION,),
        write=classes.write,
        check=classes.check,
        tally=classes.tally,
        losses=classes.losses,
    ),
    Format(
        name="masks",
        about="PNG files whose values are classes or objects",
        version=masks.VERSION,
        tasks=(SEMANTIC, INSTANCES),
        write=masks.write,
        check=masks.check,
        tally=masks.tally,
        losses=masks.losses,
        by_stem=True,
        traced=True,
    ),
    Format(
        name="voc",
        about="Pascal VOC: an XML file of boxes to the image",
        version=voc.VERSION,
        tasks=(DETECTION,),
        write=voc.write,
        check=voc.check,
        tally=voc.tally,
        losses=voc.losses,
        by_stem=True,
    ),
    Format(
        name="labelme",
        whole=True,
        about="a JSON file to the image that LabelMe opens",
        version=labelme.VERSION,
        tasks=(INSTANCES,),
        write=labelme.write,
        check=labelme.check,
        tally=labelme.tally,
        losses=labelme.losses,
        by_stem=True,
    ),
    Format(
        name="webdataset",
        whole=True,
        about="tar files that are streamed from anywhere",
        version=webdataset.VERSION,
        tasks=(INSTANCES, DETECTION, CLASSIFICATION),
        write=webdataset.write,
        check=webdataset.check,
        tally=webdataset.tally,
        losses=webdataset.losses,
    ),
    Format(
        name="csv",
        about="a table of objects with their measurements, for spreadsheets",
        version=objects_table.VERSION,
        tasks=OBJECTS,
        write=objects_table.write,
        check=objects_table.check,
        tally=objects_table.tally,
        losses=objects_table.losses,
    ),
)

FORMATS: dict[str, Format] = {item.name: item for item in _ALL}


def format_named(name: str, task: str | None = None) -> Format:
    """The format of this name, when it can hold the task.

    Raises
    ------
    UnknownName
        If there is no such format or it does not know the task.
    """
    if name not in FORMATS:
        raise UnknownName(f"There is no format called '{name}'. Known: {', '.join(FORMATS)}.")
    found = FORMATS[name]
    if task is not None and task not in found.tasks:
        raise UnknownName(
            f"Format '{name}' does not hold task '{task}'. It holds: {', '.join(found.tasks)}."
        )
    return found


def task_for(names: Sequence[str], wanted: str | None = None) -> str:
    """The task that is meant: the one named, else the first that all formats hold.

    Raises
    ------
    UnknownName
        If a format does not exist, or no task suits all of them.
    """
    if wanted:
        return wanted
    chosen = [format_named(name) for name in names]
    for task in chosen[0].tasks:
        if all(task in item.tasks for item in chosen):
            return task
    said = "; ".join(f"{item.name}: {', '.join(item.tasks)}" for item in chosen)
    raise UnknownName(f"No task suits all of these formats ({said}). Export them one by one.")
