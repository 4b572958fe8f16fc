"""Rules data as TOML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_toml(data: Mapping[str, Any]) -> str:
    """Write rules data as TOML that `load_rules` reads back equal."""
    parts = [f"[reading]\nnot_a_sale = {_value(data['reading'].get('not_a_sale', []))}\n"]
    parts += [f"[scoring.{name}]\n{_pairs(method)}" for name, method in data["scoring"].items()]
    rows = "".join(f"    {_value(row)},\n" for row in data["segments"]["rows"])
    parts.append(f"[segments]\nmap = {_value(data['segments']['map'])}\nrows = [\n{rows}]\n")
    parts += [f"[{name}]\n{_pairs(data[name])}" for name in ("wallet", "contacting")]
    if data.get("evidence"):
        parts.append(f"[evidence]\n{_pairs(data['evidence'])}")
    parts += [
        f"[[{section}]]\n{_pairs(row)}"
        for section in ("ladder", "playbook", "preset")
        for row in data.get(section, [])
    ]
    return "\n".join(parts)


def _pairs(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:  # noqa: ANN401 - any TOML value
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(
            letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}"
            for letter in value
        )
        return f'"{escaped}"'
    return str(value)
