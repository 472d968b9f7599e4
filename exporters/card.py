"""The dataset card: what `datasets` and people read first."""

import json
from collections.abc import Mapping

from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import CLASSIFICATION, DETECTION, INSTANCES, LINK

_CATEGORIES = {
    CLASSIFICATION: "image-classification",
    DETECTION: "object-detection",
    INSTANCES: "image-segmentation",
}


def card_text(job: ExportJob, splits: Mapping[str, str]) -> str:
    """The card of a Parquet export.

    Parameters
    ----------
    job : ExportJob
    splits : mapping of str to str
        The name in the files of every split.
    """
    return "\n".join([*_front_matter(job, splits), "", *_words(job, splits), ""])


def _front_matter(job: ExportJob, splits: Mapping[str, str]) -> list[str]:
    lines = [
        "---",
        f"pretty_name: {json.dumps(job.snapshot.project, ensure_ascii=False)}",
        "task_categories:",
        f"- {_CATEGORIES[job.options.task]}",
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for name in splits.values():
        pattern = f"{name}/**" if job.options.images == LINK else f"data/{name}-*"
        lines += [f"  - split: {name}", f"    path: {json.dumps(pattern)}"]
    return [*lines, "---"]


def _words(job: ExportJob, splits: Mapping[str, str]) -> list[str]:
    labels, found = job.snapshot.labels, job.survey
    lines = [
        f"# {job.snapshot.project}",
        "",
        f"Exported for {job.options.task} at event {job.snapshot.seq}.",
        "",
        f"| number | category id | class | {' | '.join(splits.values())} |",
        "| --- " * (3 + len(splits)) + "|",
    ]
    for number, label in enumerate(labels):
        counts = [str(found.objects[split][label.id]) for split in splits]
        name = label.name.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {number} | {label.id} | {name} | {' | '.join(counts)} |")
    images = ", ".join(f"{name} {found.images[split]}" for split, name in splits.items())
    return [
        *lines,
        "",
        f"Images: {images}. Columns count classes from 0; ids are those of the project.",
    ]
