"""Rules data written as TOML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.rules.merging import SHIPPED


def to_toml(data: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> str:
    """Format rules data as TOML that `load_rules` reads back, with the origin above each part."""

    def part(text: str, *names: str) -> str:
        if origins is None:
            return text
        origin = origins.get(".".join(names), origins.get(names[0], SHIPPED))
        return f"# {origin if origin == SHIPPED else f'from {_value(origin)}'}\n{text}"

    parts = [part(f"[reading]\n{_pairs(data['reading'])}", "reading")]
    parts += [
        part(f"[scoring.{name}]\n{_pairs(method)}", "scoring", name)
        for name, method in data["scoring"].items()
    ]
    rows = "".join(f"    {_value(row)},\n" for row in data["segments"]["rows"])
    segments = f"[segments]\nmap = {_value(data['segments']['map'])}\nrows = [\n{rows}]\n"
    parts.append(part(segments, "segments"))
    parts += [part(f"[{name}]\n{_pairs(data[name])}", name)
              for name in ("wallet", "contacting", "relationship")]  # fmt: skip
    if data.get("evidence"):
        paths = [part(_pairs({name: path}), "evidence", name)
                 for name, path in data["evidence"].items()]  # fmt: skip
        parts.append("[evidence]\n" + "".join(paths))
    parts += [
        part(f"[[{section}]]\n{_pairs(row)}", section, str(row.get(key)))
        for section, key in (("ladder", "stage"), ("playbook", "action"), ("preset", "name"))
        for row in data.get(section, [])
    ]
    return "\n".join(parts)


def _pairs(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:  # noqa: ANN401 - any TOML value
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(
            letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}"
            for letter in value
        )
        return f'"{escaped}"'
    return str(value)
