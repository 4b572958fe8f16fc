"""Rules data as TOML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.rules.merging import SHIPPED


def to_toml(data: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> str:
    """Write rules data as TOML that `load_rules` reads back equal, origins above each part."""

    def part(text: str, *names: str) -> str:
        if origins is None:
            return text
        # The finest that is known.
        known = (origins[name] for name in (".".join(names), names[0]) if name in origins)
        origin = next(known, SHIPPED)
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
        each = [part(_pairs({name: path}), "evidence", name)
                for name, path in data["evidence"].items()]  # fmt: skip
        parts.append("[evidence]\n" + "".join(each))
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
