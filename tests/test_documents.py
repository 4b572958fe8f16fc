"""Our own JSON and TOML are read within bounds, whatever stands in them."""

import time

import pytest

from rfmtool.documents import parse_json, read_toml
from rfmtool.errors import RulesError
from rfmtool.manifest import read_manifest
from rfmtool.rules import load_rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (".".join(["a"] * 50_000) + "=1", "over 64 parts"),
        ("[" + ".".join(['"a"'] * 50_000) + "]", "over 64 parts"),
        ("x=1\n" + " . ".join(["a-b"] * 70) + "=1", "line 2: a key has over 64 parts"),
        ("a=" + "[" * 2000 + "]" * 2000, "too deep"),
        ("a=" + "9" * 5000, "too long"),
        ("a" * (5 << 20), "more than"),
        ("\n".join(["'" * 1999] * 500), "line 1"),
        ("a" * (3 << 20), "Expected"),
        ('[[a]]\nb = ["x\\u0000y"]', "the character 0"),
    ],
)
def test_toml_that_is_absurd_is_refused_at_once(write, text, words):
    started = time.process_time()
    with pytest.raises(ValueError, match=words):
        read_toml(write(text, "rules.toml"))
    assert time.process_time() - started < 2


def test_a_byte_order_mark_is_no_statement(write):
    assert load_rules(write(b"\xef\xbb\xbfshared = true\n", "rules.toml")).shared


@pytest.mark.parametrize(("name", "words"), [("", "--rules: the name is empty"),
                                             ("nowhere.toml", "no such file")])  # fmt: skip
def test_rules_that_cannot_be_read_say_why(name, words):
    with pytest.raises(RulesError, match=words):
        load_rules(name)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[" * 200 + "]" * 200, "[" * 99_999, "\xff",
                                  "", "{", "9" * 5000])  # fmt: skip
def test_json_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_json(text.encode("latin-1"))


@pytest.mark.parametrize("outputs", ["5", "[5]", '[{"name": 5}]', '[{"name": "../x"}]', "{}",
                                     '[{"name": "/etc/x"}]', "[{}]"])  # fmt: skip
def test_a_manifest_of_another_shape_is_none_of_ours(tmp_path, outputs):
    (tmp_path / "manifest.json").write_text(f'{{"tool": "rfmtool", "outputs": {outputs}}}')
    assert read_manifest(tmp_path) is None
