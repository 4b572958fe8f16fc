"""The wallet section of the rules: thresholds and peers, checked like every other section."""

import re
from decimal import Decimal

import pytest

from rfmtool.errors import RulesError
from rfmtool.rules import WalletRules, load_rules, to_toml


def test_the_shipped_section():
    assert load_rules().wallet == WalletRules(
        Decimal("0.33"), Decimal("0.67"), Decimal("0.8"), ("country",), 30
    )


def test_a_key_of_ones_own_leaves_the_others_as_shipped(write):
    own = load_rules(write("[wallet]\npeers = ['region', 'kind']\n")).wallet

    assert own.peers == ("region", "kind")
    assert own.tau == Decimal("0.8")


def test_the_section_survives_the_writing(write):
    path = write("[wallet]\nlow = 0.25\npeers = []\nmin_peers = 50\n")

    written = write(to_toml(load_rules(path).data), "again.toml")

    assert load_rules(written).wallet == load_rules(path).wallet


@pytest.mark.parametrize(
    ("text", "key", "complaint"),
    [
        ("wallet = 1", "", "must be a table"),
        ("[wallet]\nspeed = 1", "", "unknown key 'speed'"),
        ("[wallet]\nlow = 0.7", "", "low must be below high"),
        ("[wallet]\nlow = 0", ".low", "between 0 and 1"),
        ("[wallet]\nhigh = 1.0", ".high", "between 0 and 1"),
        ("[wallet]\ntau = nan", ".tau", "between 0 and 1"),
        ("[wallet]\ntau = '0.8'", ".tau", "between 0 and 1"),
        ("[wallet]\nmin_peers = 0", ".min_peers", "from 1 on"),
        ("[wallet]\nmin_peers = true", ".min_peers", "from 1 on"),
        ("[wallet]\npeers = 'country'", ".peers", "a list of columns"),
        ("[wallet]\npeers = ['']", ".peers", "a list of columns"),
        ("[wallet]\npeers = ['a', 'a']", ".peers", "named twice"),
        ("[wallet]\npeers = ['frequency']", ".peers", "frequency is what rfmtool measures"),
    ],
)
def test_an_error_names_the_file_and_the_key(write, text, key, complaint):
    with pytest.raises(RulesError, match=complaint) as raised:
        load_rules(write(text, "shop.toml"))

    assert re.search(rf"shop\.toml: wallet{re.escape(key)}: ", str(raised.value))
