"""A folder is ours only by a manifest that says so."""

import json

import pytest

from rfmtool.manifest import MANIFEST, read_manifest

OURS = {"tool": "rfmtool", "outputs": []}


def test_our_manifest_is_read(tmp_path):
    (tmp_path / MANIFEST).write_text(json.dumps(OURS))

    assert read_manifest(tmp_path) == OURS


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[]", b'"rfmtool"', b"{}", b'{"tool": "webpack"}', b'{"outputs": []}'],
)
def test_what_another_tool_wrote_is_none(tmp_path, data):
    (tmp_path / MANIFEST).write_bytes(data)

    assert read_manifest(tmp_path) is None


def test_a_folder_without_one_and_what_is_no_folder_have_none(tmp_path):
    (tmp_path / "file").write_text("{}")

    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "file") is None
    assert read_manifest(tmp_path / "missing") is None
