"""The evidence section of the rules: tables that need no option."""

from pathlib import Path

import pytest

from rfmtool.columns import EVIDENCE
from rfmtool.errors import RulesError
from rfmtool.rules import load_rules, to_toml
from rfmtool.sources.evidence.roles import evidence_tables


def test_the_shipped_rules_name_no_table():
    assert load_rules().evidence == {}


def test_the_tables_are_those_that_can_be_read():
    assert tuple(evidence_tables()) == EVIDENCE


def test_paths_start_where_the_rules_file_is(write):
    path = write("[evidence]\ncontacts = 'crm/*.csv'\nsuppress = '/gone.csv'\nfeedback = '-'\n")

    assert load_rules(path).evidence == {
        "contacts": str(path.parent / "crm" / "*.csv"),
        "suppress": str(Path("/gone.csv")),
        "feedback": "-",
    }


def test_the_section_survives_the_writing(write):
    path = write("[evidence]\ncontacts = 'c.csv'\n")

    written = write(to_toml(load_rules(path).data), "again.toml")

    assert load_rules(written).evidence == load_rules(path).evidence


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("evidence = 1", "evidence: must be a table"),
        ("[evidence]\norders = 'x.csv'", "evidence: unknown key 'orders'"),
        ("[evidence]\ncontacts = ''", "evidence.contacts: a path"),
        ("[evidence]\ncontacts = [5]", "evidence.contacts"),
    ],
)
def test_what_cannot_be_meant_is_refused(write, text, complaint):
    with pytest.raises(RulesError, match=complaint):
        load_rules(write(text, "own.toml"))
