"""The OpenAPI document: what FastAPI draws of the routes, with problems in place of its own errors, and short names."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from cinedex.app.server.shapes import Problem

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


def operation(route: APIRoute) -> str:
    """What an operation is called: its part of the API, and its function."""
    return f"{route.tags[0] if route.tags else 'page'}_{route.name}".replace(" ", "_")


def describe(app: FastAPI) -> None:
    """Let an application describe itself so."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            app.openapi_schema = _with_problems(made)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    answer = {
        "description": "What went wrong, and what to do about it.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in _METHODS:
                continue
            answers = operation["responses"]
            answers.pop("422", None)
            if method == "head":
                answers |= {"4XX": {"description": answer["description"]}}
            else:
                answers |= {"4XX": answer, "5XX": answer}
    return document
