"""Jobs: what a killed process leaves, and what a resumed one does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from datasetbuilder.errors import JobRefused
from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.job_leases import ask_to_stop, renew
from datasetbuilder.projects.job_run import Kind, run_items
from datasetbuilder.projects.jobs import Claim, ItemState, JobState, Settled
from datasetbuilder.projects.store import Store


@pytest.fixture
def store(where):
    with Store.open(*where) as opened:
        yield opened


@pytest.fixture
def sqlite_store(workspace_folder):
    with Store.open(workspace_folder) as opened:
        yield opened


def new_job(store: Store, n: int, **params) -> int:
    project = store.project("cells")

    def write(transaction):
        number = jobs.create(transaction.connection, project.id, "drill", params=params, author="a")
        jobs.add_items(transaction.connection, number, [str(k) for k in range(n)])
        return number

    return store.submit(write)


def read(store: Store, job_id: int) -> jobs.Job:
    with store.reading() as connection:
        return jobs.job_with_id(connection, job_id)


def items(store: Store, job_id: int) -> list[jobs.Item]:
    with store.reading() as connection:
        return jobs.items_of(connection, job_id)


def do(store: Store, work, *arguments, **named):
    return store.submit(lambda t: work(t.connection, *arguments, **named))


# --- what is written down -------------------------------------------------------------------------


def test_a_job_waits_with_its_items(store):
    job_id = new_job(store, 3, colour="red")
    job = read(store, job_id)
    assert (job.state, job.n_items, job.settled) == (JobState.WAITING, 3, 0)
    assert (job.project, job.params) == ("cells", {"colour": "red"})
    assert [one.item for one in items(store, job_id)] == ["0", "1", "2"]


def test_an_item_is_counted_once_however_often_it_is_answered(store):
    job_id = new_job(store, 2)
    answers = [Settled(1, result=7), Settled(2, error="is broken")]
    assert do(store, jobs.settle, job_id, answers) == answers
    assert do(store, jobs.settle, job_id, [Settled(1, result=8), Settled(2, result=8)]) == []
    job = read(store, job_id)
    assert (job.n_done, job.n_failed) == (1, 1)
    assert [one.result for one in items(store, job_id)] == [7, None]


def test_items_that_are_listed_again_are_the_same_items(store):
    job_id = new_job(store, 2)
    again = do(store, jobs.add_items, job_id, ["1", "2"])
    assert ([one.id for one in again], read(store, job_id).n_items) == ([2, 3], 3)


def test_failed_items_get_another_chance(store):
    job_id = new_job(store, 2)
    do(store, jobs.begin, job_id)
    do(store, jobs.settle, job_id, [Settled(1), Settled(2, error="is broken")])
    do(store, jobs.finish, job_id, JobState.FAILED, error="1 of 2 items failed")
    assert do(store, jobs.begin, job_id)
    job = read(store, job_id)
    assert (job.n_done, job.n_failed, job.error) == (1, 0, "")
    assert [one.state for one in items(store, job_id)] == [ItemState.DONE, ItemState.WAITING]


@pytest.mark.parametrize(
    ("state", "resumed"),
    [
        (JobState.INTERRUPTED, True),
        (JobState.CANCELLED, True),
        (JobState.FAILED, True),
        (JobState.DONE, False),
        (JobState.RUNNING, False),
    ],
)
def test_what_can_be_taken_up_again(sqlite_store, state, resumed):
    job_id = new_job(sqlite_store, 1)
    assert do(sqlite_store, jobs.begin, job_id)
    do(sqlite_store, jobs.finish, job_id, state)
    assert do(sqlite_store, jobs.begin, job_id) is resumed


def test_a_job_that_ran_when_its_process_died_is_interrupted(store):
    job_id = new_job(store, 1)
    do(store, jobs.begin, job_id)
    assert do(store, jobs.interrupt_abandoned) == [job_id]
    assert read(store, job_id).state is JobState.INTERRUPTED


# --- the driver and the engine --------------------------------------------------------------------


def add_up(seen: list[int]):
    """An effect that keeps what it was given, as rows of a table would."""

    def effect(_transaction, _job, settled):
        seen.extend(one.result for one in settled)

    return effect


def run(store: Store, job_id: int, task, *, seen=None, engine=None, **options) -> bool:
    do(store, jobs.begin, job_id)
    kind = Kind(task, add_up(seen) if seen is not None else None, chunk=options.pop("chunk", 2))
    return run_items(store, read(store, job_id), kind, engine or Engine(workers=2), **options)


@pytest.mark.slow
def test_every_item_is_worked_on_and_its_effect_written_once(sqlite_store):
    def double(params, item):
        return int(item) * params["factor"]

    job_id, seen, told = new_job(sqlite_store, 5, factor=2), [], []
    done = run(sqlite_store, job_id, double, seen=seen, progress=lambda *n: told.append(n[:2]))
    assert (done, sorted(seen), told[-1]) == (True, [0, 2, 4, 6, 8], (5, 5))


@pytest.mark.slow
def test_an_item_at_fault_is_listed_and_the_rest_goes_on(sqlite_store):
    def fussy(_params, item):
        if item == "1":
            raise ValueError("is not to my taste")
        return int(item)

    job_id, seen = new_job(sqlite_store, 4), []
    run(sqlite_store, job_id, fussy, seen=seen)
    assert sorted(seen) == [0, 2, 3]
    assert [one.error for one in items(sqlite_store, job_id)] == ["", "is not to my taste", "", ""]


@pytest.mark.slow
def test_an_item_that_kills_its_worker_is_given_up_alone(sqlite_store):
    def poisoned(_params, item):
        if item == "5":
            os.kill(os.getpid(), signal.SIGKILL)
        return int(item)

    job_id, seen = new_job(sqlite_store, 8), []
    run(sqlite_store, job_id, poisoned, seen=seen)
    assert sorted(seen) == [0, 1, 2, 3, 4, 6, 7]
    (failed,) = [one for one in items(sqlite_store, job_id) if one.state is ItemState.FAILED]
    assert (failed.item, "ended its worker 2 times" in failed.error) == ("5", True)


@pytest.mark.slow
def test_a_killed_worker_repeats_the_chunks_in_flight_and_loses_none(sqlite_store, tmp_path):
    def dies_once(params, item):
        with Path(params["log"]).open("a") as log:
            log.write(f"{item}\n")
        if item == "9":
            try:
                Path(params["died"]).touch(exist_ok=False)
            except FileExistsError:
                return int(item)
            os.kill(os.getpid(), signal.SIGKILL)
        return int(item)

    log = tmp_path / "log"
    job_id = new_job(sqlite_store, 40, log=str(log), died=str(tmp_path / "died"))
    seen: list[int] = []
    run(sqlite_store, job_id, dies_once, seen=seen)
    assert sorted(seen) == list(range(40))
    assert len(log.read_text().split()) <= 40 + 4 * 2
    assert all(one.attempts <= 2 for one in items(sqlite_store, job_id))


@pytest.mark.slow
def test_a_cancelled_job_keeps_what_was_done_and_goes_on_from_there(sqlite_store):
    def plain(_params, item):
        return int(item)

    job_id, seen = new_job(sqlite_store, 40), []
    assert not run(sqlite_store, job_id, plain, seen=seen, cancelled=lambda: True)
    do(sqlite_store, jobs.finish, job_id, JobState.CANCELLED)
    kept = len(seen)
    assert 0 < kept < 40
    assert run(sqlite_store, job_id, plain, seen=seen)
    assert sorted(seen) == list(range(40))


_DRIVER = """
import os, sys
from pathlib import Path
from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.job_run import Kind, run_items
from datasetbuilder.projects.store import Store

def logged(params, item):
    with open(params["log"], "a") as log:
        log.write(item + chr(10))
    return int(item)

def said(done, total, name):
    print(done, flush=True)
    if done >= 10 and sys.argv[3] == "stop":
        sys.stdin.readline()

with Store.open(Path(sys.argv[1])) as store:
    number = int(sys.argv[2])
    store.submit(lambda t: jobs.interrupt_abandoned(t.connection))
    store.submit(lambda t: jobs.begin(t.connection, number))
    with store.reading() as connection:
        job = jobs.job_with_id(connection, number)
    run_items(store, job, Kind(logged, chunk=2), Engine(workers=2), progress=said)
    store.submit(lambda t: jobs.finish(t.connection, number, jobs.JobState.DONE))
"""


@pytest.mark.slow
def test_a_job_whose_driver_is_killed_goes_on_where_it_stood(workspace_folder, tmp_path):
    log = tmp_path / "log"
    with Store.open(workspace_folder) as store:
        job_id = new_job(store, 40, log=str(log))
    command = [sys.executable, "-c", _DRIVER, str(workspace_folder), str(job_id)]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "stop"], stdin=pipe, stdout=pipe, text=True) as driver:
        assert driver.stdout is not None
        while int(driver.stdout.readline()) < 10:
            pass
        driver.send_signal(signal.SIGKILL)
    with Store.open(workspace_folder) as store:
        stood = read(store, job_id)
    assert (stood.state, stood.n_done) == (JobState.RUNNING, 10)
    none = subprocess.DEVNULL
    subprocess.run([*command, "on"], check=True, timeout=60, stdin=none, stdout=none)
    with Store.open(workspace_folder) as store:
        job = read(store, job_id)
    assert (job.state, job.n_done, job.n_failed) == (JobState.DONE, 40, 0)
    assert len(log.read_text().split()) <= 40 + 8 * 2


@pytest.mark.slow
def test_a_dask_cluster_that_loses_a_worker_loses_no_item(sqlite_store, tmp_path):
    distributed = pytest.importorskip("distributed")

    def dies_once(params, item):
        if item == "9":
            try:
                Path(params["died"]).touch(exist_ok=False)
            except FileExistsError:
                return int(item)
            os.kill(os.getpid(), signal.SIGKILL)
        return int(item)

    job_id, seen = new_job(sqlite_store, 40, died=str(tmp_path / "died")), []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster:
        engine = Engine(workers=2, scheduler=cluster.scheduler_address)
        assert run(sqlite_store, job_id, dies_once, seen=seen, engine=engine)
    assert (tmp_path / "died").exists()
    assert sorted(seen) == list(range(40))


@pytest.mark.slow
def test_a_worker_loads_no_database():
    code = "import sys, datasetbuilder.projects.job_chunk; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# --- whose a running job is -----------------------------------------------------------------------

LONG_AGO, IN_FUTURE = 1, 2**60


def test_a_job_that_is_held_is_not_taken_up_by_another(store):
    job_id = new_job(store, 1)
    assert do(store, jobs.begin, job_id, Claim("one", IN_FUTURE))
    assert not do(store, jobs.begin, job_id, Claim("two", IN_FUTURE))
    assert do(store, jobs.interrupt_abandoned, silent=True) == []
    assert read(store, job_id).owner == "one"


def test_what_a_silent_process_left_is_taken_up_and_its_late_answers_are_refused(store):
    job_id = new_job(store, 2)
    assert do(store, jobs.begin, job_id, Claim("one", LONG_AGO))
    do(store, jobs.settle, job_id, [Settled(1, result=1)], owner="one")
    assert do(store, jobs.begin, job_id, Claim("two", IN_FUTURE))
    with pytest.raises(JobRefused, match="taken up by another process"):
        do(store, jobs.settle, job_id, [Settled(2, result=1)], owner="one")
    do(store, jobs.finish, job_id, JobState.DONE, owner="one")
    do(store, jobs.settle, job_id, [Settled(1, result=2), Settled(2, result=2)], owner="two")
    assert [one.result for one in items(store, job_id)] == [1, 2]
    assert read(store, job_id).state is JobState.RUNNING
    assert not do(store, renew, job_id, "one")
    assert do(store, renew, job_id, "two")


def test_a_job_that_must_be_alone_waits_for_the_other_of_its_kind(store):
    first, second = new_job(store, 1), new_job(store, 1)
    assert do(store, jobs.begin, first, Claim("one", IN_FUTURE, alone=True))
    assert not do(store, jobs.begin, second, Claim("two", IN_FUTURE, alone=True))
    assert read(store, second).state is JobState.WAITING
    do(store, jobs.finish, first, JobState.DONE, owner="one")
    assert do(store, jobs.begin, second, Claim("two", IN_FUTURE, alone=True))


def test_a_wish_to_stop_reaches_whoever_holds_the_job(store):
    job_id = new_job(store, 1)
    assert not do(store, ask_to_stop, job_id)
    do(store, jobs.begin, job_id, Claim("one", IN_FUTURE))
    assert do(store, renew, job_id, "one")
    assert do(store, ask_to_stop, job_id)
    assert not do(store, renew, job_id, "one")
