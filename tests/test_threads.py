"""Jobs are done side by side, and their answers come in the order in which they were given."""

import threading

import pytest

from rfmtool import standing
from rfmtool.grouping.read import Settings
from rfmtool.pipeline import run
from rfmtool.sources.layout import Detail
from rfmtool.threads import in_order


def test_a_job_may_wait_for_a_later_one_and_is_still_answered_first():
    later = threading.Event()

    def first():
        return "first" if later.wait(10) else "never"

    def second():
        later.set()
        return "second"

    assert list(in_order([first, second], threads=2)) == ["first", "second"]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_jobs_are_taken_than_threads_and_one(threads):
    taken = []

    def jobs():
        for number in range(20):
            taken.append(number)
            yield lambda number=number: number

    for answered, answer in enumerate(in_order(jobs(), threads), start=1):
        assert answer == answered - 1
        assert len(taken) <= answered + threads


def test_what_a_job_raises_is_raised_in_its_turn():
    def bad():
        raise ZeroDivisionError

    answers = in_order([lambda: 1, bad, lambda: 3], threads=3)

    assert next(answers) == 1
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_no_jobs_have_no_answers():
    assert list(in_order([], threads=2)) == []


@pytest.mark.parametrize("ask", ["frame", "summary", "customers"])
def test_earlier_days_that_threads_look_at_never_wait_for_who_asks(ask, write, monkeypatch):
    monkeypatch.setattr(standing, "_FEW", 0)  # as where there are many customers
    rows = [f"{who},{day // 30},{2024 + day // 360}-{1 + day % 360 // 30:02}-05,20"
            for who in range(9) for day in range(who, 700, 60)]  # fmt: skip
    path = write(["customer_id,order_id,ordered_at,amount", *rows])
    settings = Settings(threads=2, detail=Detail(entries=True))
    result = run(path, settings=settings)
    assert result.days_at_once == 2

    asking = threading.Thread(target=lambda: getattr(result, ask), daemon=True)
    asking.start()
    asking.join(60)

    assert not asking.is_alive()  # as it was on Python 3.11, where properties share a lock
    assert result.looks
