import threading

import pytest

from datasetbuilder.app.tasks import Task, Tasks, TaskState
from datasetbuilder.errors import DataError, UnknownName

WAIT = 10


@pytest.fixture
def tasks():
    made = Tasks()
    yield made
    made.close()


def finished(tasks: Tasks, task: Task, work) -> Task:
    over = threading.Event()

    def watched(running: Task):
        try:
            return work(running)
        finally:
            over.set()

    tasks.start(task, watched)
    assert over.wait(WAIT)
    tasks.close()
    return task


def test_a_task_ends_with_what_its_work_returned(tasks):
    def work(task: Task):
        task.progress(2, 2, "b.png")
        return {"added": 2}

    task = finished(tasks, Task("images", "cats"), work)
    assert task.to_wire() == {
        "id": task.id,
        "kind": "images",
        "project": "cats",
        "title": "",
        "state": "done",
        "done": 2,
        "total": 2,
        "message": "b.png",
        "error": "",
        "result": {"added": 2},
    }


def test_a_refusal_ends_the_task_with_its_sentence(tasks):
    def work(_task: Task):
        raise DataError("no image in it")

    task = finished(tasks, Task("images", "cats"), work)
    assert (task.state, task.error) == (TaskState.FAILED, "no image in it")


def test_a_fault_ends_the_task_and_is_logged(tasks, caplog):
    def work(_task: Task):
        raise ZeroDivisionError

    task = finished(tasks, Task("images", "cats"), work)
    assert task.state is TaskState.FAILED
    assert "ZeroDivisionError" in task.error
    assert "task images failed" in caplog.text


def test_a_cancelled_task_stops_at_its_next_step(tasks):
    started, go_on = threading.Event(), threading.Event()

    def work(task: Task):
        started.set()
        assert go_on.wait(WAIT)
        task.progress(1, 100, "a.png")
        raise AssertionError("went on after the cancel")

    task = tasks.start(Task("export", "cats"), work)
    assert started.wait(WAIT)
    task.cancel()
    go_on.set()
    tasks.close()
    assert task.state is TaskState.CANCELLED


def test_work_that_asks_itself_ends_cancelled_with_what_it_did(tasks):
    def work(task: Task):
        task.cancel()
        task.note(1, 3)
        return {"added": int(task.cancelled())}

    task = finished(tasks, Task("images", "cats"), work)
    assert (task.state, task.result) == (TaskState.CANCELLED, {"added": 1})


def test_work_that_was_whole_before_it_heard_of_the_cancel_is_done(tasks):
    def work(task: Task):
        task.progress(3, 3)
        task.cancel()
        return {"name": "finished"}

    task = finished(tasks, Task("export", "cats"), work)
    assert (task.state, task.result) == (TaskState.DONE, {"name": "finished"})


def test_closing_cancels_what_has_not_started():
    tasks, block = Tasks(workers=1), threading.Event()
    first = tasks.start(Task("a", "cats"), lambda task: {"waited": block.wait(WAIT)})
    second = tasks.start(Task("b", "cats"), lambda task: {})
    second.cancel()
    block.set()
    tasks.close()
    assert (first.finished, second.result) == (True, None)


def test_tasks_are_listed_by_project_and_kind(tasks):
    export = tasks.start(Task("export", "cats"), lambda _task: {})
    tasks.start(Task("images", "cats"), lambda _task: {})
    tasks.start(Task("export", "dogs"), lambda _task: {})
    assert tasks.of("cats", kind="export") == [export]


def test_old_finished_tasks_are_forgotten(tasks):
    first = finished(tasks, Task("a", "cats"), lambda _task: {})
    more = Tasks()
    more._tasks[first.id] = first
    for _ in range(200):
        more.start(Task("b", "cats"), lambda _task: {})
    with pytest.raises(UnknownName, match="no such task"):
        more.get(first.id)
    more.close()
