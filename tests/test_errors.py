"""Errors say what they are about once, what to do next, and what was understood before them."""

import pytest

from rfmtool.errors import ErrorContext, InputError, LimitError, UsageError, errors_naming


def raised_in(manager, error):
    with pytest.raises(type(error)) as raised, manager:
        raise error
    return raised.value


def test_the_text_of_an_error_ends_in_its_hint():
    assert str(InputError("a.csv: empty", "Export it again.")) == "a.csv: empty. Export it again."
    assert str(InputError("a.csv: empty")) == "a.csv: empty"


def test_an_error_is_named_once_and_keeps_its_hint():
    error = InputError("row 5 is bad", "Mend it.")

    once = raised_in(errors_naming("a.csv"), error)
    twice = raised_in(errors_naming("a.csv"), once)

    assert twice is error
    assert (twice.args[0], twice.hint) == ("a.csv: row 5 is bad", "Mend it.")


def test_errors_of_another_kind_are_left_as_they_are():
    assert raised_in(errors_naming("a.csv"), ValueError("5")).args == ("5",)


def test_what_was_understood_last_before_an_error_is_kept():
    columns, file = ErrorContext(), ErrorContext()
    error = raised_in(columns.attached("the columns"), InputError("bad"))

    assert raised_in(columns.attached("fewer columns"), error) is error
    assert (columns.of(error), file.of(error)) == ("the columns", None)


def test_a_limit_is_no_fault_of_the_user():
    assert (UsageError("x").exit_code, LimitError("x").exit_code) == (2, 1)
