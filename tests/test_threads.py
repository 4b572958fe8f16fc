"""Jobs are done side by side, and their answers come in the order in which they were given."""

import pickle
import threading

import pytest

from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.layout import Detail
from rfmtool.threads import background_pool, run_in_order


def test_a_job_may_wait_for_a_later_one_and_is_still_answered_first():
    later = threading.Event()

    def first():
        return "first" if later.wait(10) else "never"

    def second():
        later.set()
        return "second"

    assert list(run_in_order([first, second], threads=2)) == ["first", "second"]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_jobs_are_taken_than_threads_and_one(threads):
    taken = []

    def jobs():
        for number in range(20):
            taken.append(number)
            yield lambda number=number: number

    for answered, answer in enumerate(run_in_order(jobs(), threads), start=1):
        assert answer == answered - 1
        assert len(taken) <= answered + threads


def test_what_a_job_raises_is_raised_in_its_turn():
    def bad():
        raise ZeroDivisionError

    answers = run_in_order([lambda: 1, bad, lambda: 3], threads=3)

    assert next(answers) == 1
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_no_jobs_have_no_answers():
    assert list(run_in_order([], threads=2)) == []


def test_of_jobs_done_one_by_one_none_begins_after_the_block_has_failed():
    begun, goes_on = [], threading.Event()

    def job():
        begun.append(None)
        goes_on.wait(10)

    def fail():
        with background_pool() as beside:
            beside.submit_in_sequence([job] * 5)
            while not begun:
                pass
            threading.Timer(0.2, goes_on.set).start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(begun) == 1


def test_jobs_done_one_by_one_are_answered_in_their_order():
    with background_pool() as beside:
        assert beside.submit_in_sequence(lambda n=n: n for n in range(5)).result() == [
            0,
            1,
            2,
            3,
            4,
        ]


@pytest.mark.long
@pytest.mark.parametrize("ask", ["frame", "summary", "customers"])
def test_earlier_days_that_threads_look_at_never_wait_for_who_asks(ask, write, monkeypatch):
    # As where there are many customers
    monkeypatch.setattr("rfmtool.settings._MAX_CUSTOMERS_SINGLE_THREADED", 0)
    rows = [f"{who},{day // 30},{2024 + day // 360}-{1 + day % 360 // 30:02}-05,20"
            for who in range(9) for day in range(who, 700, 60)]  # fmt: skip
    path = write(["customer_id,order_id,ordered_at,amount", *rows])
    settings = Settings(threads=2, detail=Detail(entries=True))
    result = run(path, settings=settings)
    assert result.days_in_parallel == 2

    asking = threading.Thread(target=lambda: getattr(result, ask), daemon=True)
    asking.start()
    asking.join(60)

    assert not asking.is_alive()  # as it was on Python 3.11, where properties share a lock
    assert result.lookbacks


def test_a_result_that_has_looked_back_can_be_pickled(write):
    rows = [f"c{who},2024-{month:02}-05,20" for who in range(9) for month in range(1, 13)]
    result = run(write(["customer_id,ordered_at,amount", *rows]))
    assert result.lookbacks

    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own

    assert again.summary == result.summary
    assert not result.order_histories.cached  # which takes memory that nobody needs any more
