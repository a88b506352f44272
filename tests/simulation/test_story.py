"""A seed makes a story: the same every time, at business hours, with every plot in it."""

from datetime import time

from simulation.lives import story
from simulation.plots import PLOTS
from simulation.world import ZONE

MEASURES = 22


def test_the_same_seed_makes_the_same_story() -> None:
    assert story(7, MEASURES, years=1) == story(7, MEASURES, years=1)
    assert story(7, MEASURES, years=1) != story(8, MEASURES, years=1)


def test_every_plot_is_told() -> None:
    assert {life.plot for life in story(7, MEASURES, years=1).lives} == set(PLOTS)


def test_people_act_on_working_days_in_order_of_time_and_within_the_period() -> None:
    told = story(7, MEASURES, years=3)
    for life in told.lives:
        moments = [act.at for act in life.acts]
        assert moments == sorted(moments)
        for at in moments:
            local = at.astimezone(ZONE)
            assert told.begins <= at < told.ends
            assert local.weekday() < 5 or local.time() < time(9) or local.time() > time(18), life


def test_policies_calendars_and_absences_change_on_the_way() -> None:
    changed = [change.command.__class__.__name__ for change in story(7, MEASURES).changes]
    assert changed.count("PublishPolicy") == 1
    assert changed.count("PublishCalendar") == 2
    assert changed.count("Substitute") == 24
