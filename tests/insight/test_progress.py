from datetime import date

from datasetbuilder.insight.progress import Forecast, activity, forecast, in_fives, shown_counts

WORK = [("ada", 10, "box", 3, 2, 60.0), ("ada", 10, "", 1, 0, 30.0), ("bob", 11, "box", 1, 1, 0.0)]
FINISHED = [("ada", 10, 3), ("eve", 11, 1)]


def test_activity_is_told_by_day_by_person_and_by_tool():
    found = activity(WORK, FINISHED)
    assert found.days.to_numpy().tolist() == [
        ["ada", "1970-01-11", 3, 2, 1.5],
        ["bob", "1970-01-12", 0, 1, 0.0],
        ["eve", "1970-01-12", 1, 0, 0.0],
    ]
    ada = found.people.to_dict("records")[0]
    assert (ada["active_hours"], ada["objects_per_hour"]) == (0.03, 80.0)
    assert (ada["images"], ada["images_per_hour"]) == (3, 120.0)
    assert found.tools.to_numpy().tolist() == [["box", 3, 20.0]]


def test_a_forecast_goes_on_at_the_pace_of_the_last_days():
    finished = [("ada", 90, 50), ("ada", 98, 4), ("bob", 100, 2)]
    # 6 images in 3 days; the 50 lie more than two weeks back once it is day 105.
    assert forecast(7, finished[1:], today=date(1970, 4, 11)) == Forecast(7, 2.0, date(1970, 4, 15))
    assert forecast(7, finished, today=date(1970, 4, 16)).per_day == 0.75


def test_without_a_pace_there_is_no_end_and_without_images_it_is_today():
    assert forecast(7, [], today=date(2030, 1, 1)) == Forecast(7, 0.0, None)
    assert forecast(0, [], today=date(2030, 1, 1)).end == date(2030, 1, 1)


def test_scores_are_told_by_fives_alone():
    scores = [(f"day {n}", n / 10) for n in range(11)]
    assert in_fives(scores[:4]) == []
    assert in_fives(scores) == [("day 4", 0.2), ("day 9", 0.7)]


def test_the_greatest_comes_first():
    assert shown_counts({"b": 1, "a": 1, "c": 5}) == [("c", 5), ("a", 1), ("b", 1)]
