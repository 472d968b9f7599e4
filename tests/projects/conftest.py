import shutil
from pathlib import Path

import pytest

from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign, pictures


@pytest.fixture(scope="session")
def campaign_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign")
    with Store.open(folder) as store:
        project = store.create_project("Cells", labels=[("cell", None), ("nucleus", "#112233")])
        store.add_images(project.id, pictures(3), author="ada")
    return folder


@pytest.fixture
def workspace_folder(campaign_folder: Path, tmp_path: Path):
    folder = tmp_path / "workspace"
    shutil.copytree(campaign_folder, folder)
    return folder


@pytest.fixture
def campaign(workspace_folder: Path):
    with Store.open(workspace_folder) as store:
        yield Campaign(store)
