"""Stores that are not S3: what is read there, written there, and told of what goes wrong."""

import pytest
from shell import SHOP, rfmtool

from rfmtool.stores.urls import parse_store_url
from rfmtool.stores.writing import fetch_latest

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def shop(other_store):
    """The shop in one object of a folder."""
    store = parse_store_url(other_store("in/orders.csv"))
    with store.filesystem.open_output_stream(store.path) as stream:
        stream.write(SHOP.encode())
    return other_store


@pytest.mark.parametrize("path", ["in/orders.csv", "in", "in/*.csv"])
def test_an_export_in_another_store_says_what_it_says_as_a_file(shop, write, path):
    there, here = rfmtool("score", shop(path)), rfmtool("score", write(SHOP))

    assert (there.exit_code, there.stderr) == (0, "")
    assert there.stdout == here.stdout


def test_a_run_stands_in_another_store_and_remembers_the_one_before(shop, write, tmp_path):
    for day in ("2024-01-31", "2024-12-31"):
        for place in (tmp_path / "here", shop("out")):
            done = rfmtool("run", write(SHOP), "-o", place, "--quiet", "--as-of", day)
            assert (done.exit_code, done.output) == (0, "")

    fetch_latest(parse_store_url(shop("out")), tmp_path / "there")

    for name in ("customers.csv", "history.csv"):
        both = [(tmp_path / place / name).read_bytes() for place in ("here", "there")]
        assert both[0] == both[1]


@pytest.mark.parametrize("path", ["in/nothing.csv", "nothing", "in/no*.csv"])
def test_what_is_not_in_another_store_is_told(shop, path):
    done = rfmtool("score", shop(path))

    assert done.exit_code == 2
    assert path in done.stderr
    assert any(words in done.stderr for words in ("is not there", "no object fits it"))


def test_a_key_that_is_refused_is_told(shop, monkeypatch):
    if not shop("").startswith("az:"):
        pytest.skip("anybody is let in")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "aGFsbG8=")

    done = rfmtool("score", shop("in"))

    assert done.exit_code == 2
    assert "refuses the login" in done.stderr


@pytest.mark.parametrize("parameter", ["bogus=1", "blob_storage_scheme=ftp"])
def test_parameters_that_no_store_has_are_told(monkeypatch, parameter):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "shop")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "YWJj")

    done = rfmtool("score", f"az://shops/in?{parameter}")

    assert done.exit_code == 2
    assert "az://shops/in: is not understood" in done.stderr


def test_a_key_that_is_none_is_told(monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "shop")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "not base64!")

    done = rfmtool("score", "az://shops/in")

    assert done.exit_code == 2
    assert "refuses the login" in done.stderr
    assert "base64" not in done.stderr
