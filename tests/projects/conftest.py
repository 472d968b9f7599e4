import shutil
from pathlib import Path

import pytest

from datasetbuilder.projects.schema import metadata
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign, pictures

Where = tuple[Path, str | None]

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


def fill(store: Store) -> None:
    project = store.create_project("Cells", labels=[("cell", None), ("nucleus", "#112233")])
    store.add_images(project.id, pictures(3), author="ada")


@pytest.fixture(scope="session")
def campaign_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign")
    with Store.open(folder) as store:
        fill(store)
    return folder


@pytest.fixture
def workspace_folder(campaign_folder: Path, tmp_path: Path):
    folder = tmp_path / "workspace"
    shutil.copytree(campaign_folder, folder)
    return folder


@pytest.fixture(scope="session")
def campaign_database(postgresql_server, tmp_path_factory) -> str:
    """The address of a database with the small campaign, and with a copy of it to come back to."""
    address = postgresql_server.new_database()
    with Store.open(tmp_path_factory.mktemp("campaign"), address) as store:
        fill(store)
    tables = [
        f"CREATE TABLE kept.{t.name} AS TABLE public.{t.name}" for t in metadata.sorted_tables
    ]
    postgresql_server.run_sql("; ".join(["CREATE SCHEMA kept", *tables]), address)
    return address


@pytest.fixture
def campaign_address(postgresql_server, campaign_database) -> str:
    """The database of the small campaign as it was filled."""
    # Rows are put back in place: a database of its own for each test takes ten times as long.
    tables = [table.name for table in metadata.sorted_tables]
    emptied = [f"DELETE FROM public.{name}" for name in reversed(tables)]
    filled = [f"INSERT INTO public.{name} SELECT * FROM kept.{name}" for name in tables]
    postgresql_server.run_sql("; ".join(emptied + filled), campaign_database)
    return campaign_database


@pytest.fixture(params=DATABASES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """What opens the store of the small campaign, on each database in turn."""
    if request.param == "sqlite":
        return (request.getfixturevalue("workspace_folder"), None)
    return (tmp_path / "files", request.getfixturevalue("campaign_address"))


@pytest.fixture
def campaign(where: Where):
    """The small campaign, open, on each database in turn."""
    with Store.open(*where) as store:
        yield Campaign(store)


@pytest.fixture
def sqlite_campaign(workspace_folder: Path):
    """The small campaign, open, for what only a file can do."""
    with Store.open(workspace_folder) as store:
        yield Campaign(store)
