"""Writes the client's `api.py` from the server's OpenAPI document: `python clients/python/generate.py`.

A test compares the file with what this gives, so that the client cannot fall behind the server.
"""

from __future__ import annotations

import keyword
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from cinedex.app.server.application import application
from cinedex.app.server.service import Service

TARGET = Path(__file__).parent / "src" / "cinedex_client" / "api.py"

LEFT_OUT = {"uploads", "operations"}
"""Parts that the transport does itself, or that are for operators."""

FOR_BROWSERS = {"/v1/session"}

NO_MODELS = {"Problem"}

HEAD = '''"""The server's operations and what they answer. Made by `clients/python/generate.py`: changes are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict

from cinedex_client.transport import Event, Transport, part
'''


def document() -> dict[str, Any]:
    """The server's description of itself."""

    class Nothing:
        """All that the application asks of a service before it starts."""

        state = watch = worker = None

    return application(cast("Service", Nothing())).openapi()


def generated(told: dict[str, Any]) -> str:
    """The client's code."""
    parts: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in told["paths"].items():
        for method, one in operations.items():
            if one["tags"][0] not in LEFT_OUT and path not in FOR_BROWSERS:
                parts.setdefault(one["tags"][0], []).append((method, path, one))
    schemas = {_named(name): schema for name, schema in told["components"]["schemas"].items()}
    wanted = sorted(_reached(schemas, parts.values()) - NO_MODELS)
    blocks = [HEAD, *(_model(name, schemas[name]) for name in wanted)]
    blocks += [_part(tag, operations, schemas) for tag, operations in parts.items()]
    names = {_attribute(tag): _class(tag) for tag in parts}
    lines = ["class Api:", '    """Every part of the API of one server."""', ""]
    lines += ["    def __init__(self, transport: Transport) -> None:"]
    lines += [f"        self.{name} = {made}(transport)" for name, made in names.items()]
    return "\n\n\n".join([block.rstrip("\n") for block in (*blocks, "\n".join(lines))]) + "\n"


def _reached(schemas: dict[str, Any], parts: Any) -> set[str]:
    """Models that answers are made of, and those that they are made of."""
    found: set[str] = set()
    todo = [r for operations in parts for _, _, one in operations for r in _answers(one).values()]
    while todo:
        for name in _refs(todo.pop()):
            if name not in found:
                found.add(name)
                todo.append(schemas[name])
    return found


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield _named(value["$ref"])
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def _named(ref: str) -> str:
    """A model's name; one that is sent and answered has two forms, of which the client needs one."""
    return ref.rpartition("/")[2].removesuffix("-Output").removesuffix("-Input")


def _answers(one: dict[str, Any]) -> dict[str, Any]:
    """What an operation answers when all is well, by content type."""
    found: dict[str, Any] = {}
    for status, answer in one["responses"].items():
        if status.startswith("2"):
            found |= {kind: about.get("schema", {}) for kind, about in answer.get("content", {}).items()}
    return found


def _type(schema: dict[str, Any]) -> str:
    """A schema as a type."""
    if "$ref" in schema:
        return _named(schema["$ref"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(_quoted(v) for v in values)}]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            inner = [_type(one) for one in schema.get("prefixItems", [])] or [_type(schema.get("items", {}))]
            return f"list[{' | '.join(dict.fromkeys(inner))}]"
        case "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {_type(more) if isinstance(more, dict) else 'Any'}]"
        case kind:
            simple = {
                "binary": "bytes",
                "string": "str",
                "integer": "int",
                "number": "float",
                "boolean": "bool",
                "null": "None",
            }
            return simple.get(str(kind), "Any")


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _words(text: str, indent: int) -> str:
    """A docstring: its first sentence on the first line."""
    first, _, rest = re.sub(r"\s+", " ", text.strip()).replace("\\", "\\\\").partition(". ")
    if not rest:
        lines = textwrap.wrap(f'"""{first}', 120 - indent - 3, break_on_hyphens=False)
        return ("\n" + " " * indent).join(lines) + '"""'
    body = textwrap.wrap(rest, 120 - indent, break_on_hyphens=False)
    return ("\n" + " " * indent).join([f'"""{first}.', "", *body, '"""']).replace("\n" + " " * indent + "\n", "\n\n")


def _model(name: str, schema: dict[str, Any]) -> str:
    if schema.get("type") != "object":
        return f"{name} = {_type(schema)}"
    lines = [f"class {name}(TypedDict):", f"    {_words(schema.get('description', name), 4)}", ""]
    required = set(schema.get("required", ()))
    for field, about in schema["properties"].items():
        kind = _type(about)
        lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
        if "description" in about:
            lines.append(f"    {_words(about['description'], 4)}")
    return "\n".join(lines)


def _attribute(tag: str) -> str:
    return tag.split(maxsplit=1)[0]


def _class(tag: str) -> str:
    return f"{_attribute(tag).capitalize()}Api"


def _part(tag: str, operations: list[tuple[str, str, Any]], schemas: dict[str, Any]) -> str:
    lines = [f"class {_class(tag)}:", f'    """The operations of {tag}."""', ""]
    lines += ["    def __init__(self, transport: Transport) -> None:", "        self._transport = transport"]
    for method, path, one in operations:
        lines += ["", *_operation(tag, method, path, one, schemas)]
    return "\n".join(lines)


def _operation(tag: str, method: str, path: str, one: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    name = str(one["operationId"]).removeprefix(tag.replace(" ", "_") + "_")
    steps = re.findall(r"\{(\w+)\}", path)
    given = {p["name"]: p for p in one.get("parameters", [])}
    needed, optional = [f"{step}: {_type(given[step]['schema'])}" for step in steps], list[str]()
    sent: dict[str, list[str]] = {"query": [], "header": [], "body": []}
    about = list[str]()
    for wanted, place, schema, required, says in _inputs(one, schemas):
        word = _python(wanted)
        kind = _type(schema)
        kind = kind if required or "None" in kind.split(" | ") else f"{kind} | None"
        (needed if required and place == "data" else optional).append(
            f"{word}: {kind}" + ("" if required else " = None")
        )
        if place != "data":
            sent[place].append(f'"{wanted}": {word}')
        if says:
            about.append(f"`{word}`: {says}")
    keywords = sorted(optional, key=lambda told: told.endswith("= None"))
    arguments = ", ".join(["self", *needed, *(["*", *keywords] if keywords else [])])
    how, back = _back(one)
    address = re.sub(r"\{(\w+)\}", lambda m: "{part(" + m[1] + ")}", path)
    asked = [_quoted(method.upper()), (f'f"{address}"' if steps else f'"{address}"')]
    asked += [f"{place if place != 'header' else 'headers'}={{{', '.join(p)}}}" for place, p in sent.items() if p]
    asked += ["data=data"] if "data: bytes" in needed else []
    yield f"    def {name}({arguments}) -> {back}:"
    yield f"        {_words(' '.join([one['description'], *about]), 8)}"
    call = f"self._transport.{how}({', '.join(asked)})"
    if back == "None":
        yield f"        {call}"
    elif how == "json":
        yield f"        answer: {back} = {call}"
        yield "        return answer"
    else:
        yield f"        return {call}"


def _inputs(one: dict[str, Any], schemas: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], bool, str]]:
    """Name, place, schema, whether it is needed, and what it is, of all that is sent but the path."""
    for told in one.get("parameters", []):
        if told["in"] in {"query", "header"}:
            yield told["name"], told["in"], told["schema"], told.get("required", False), told.get("description", "")
    content = one.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        model = schemas[_named(schema["$ref"])]
        for name, about in model["properties"].items():
            yield name, "body", _flat(about, schemas), name in model.get("required", ()), about.get("description", "")
    elif content:
        yield "data", "data", {"type": "binary"}, True, ""


def _flat(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """A body's field without names of models that only requests have."""
    text = dict(schema)
    for name in _refs(schema):
        text = {"type": "object"} if schemas[name].get("type") == "object" else schemas[name]
    if schema.get("type") == "array" and text is not schema and list(_refs(schema)):
        return {"type": "array", "items": text}
    return text


def _python(name: str) -> str:
    word = re.sub(r"\W", "_", name)
    return f"{word}_" if keyword.iskeyword(word) else word


def _back(one: dict[str, Any]) -> tuple[str, str]:
    """How an answer is read, and as what it is given."""
    answers = _answers(one)
    if not answers:
        return "raw", "None"
    if "text/event-stream" in answers:
        return "events", "Iterator[Event]"
    if set(answers) == {"application/json"}:
        return "json", _type(answers["application/json"])
    if any(kind.startswith("video/") or kind == "application/octet-stream" for kind in answers):
        return "stream", "Iterator[bytes]"
    if len(answers) == 1 and next(iter(answers)).startswith(("text/", "application/vnd.apple")):
        return "text", "str"
    return "raw", "bytes"


if __name__ == "__main__":
    TARGET.write_text(generated(document()), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET}\n")
