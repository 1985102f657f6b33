"""Whatever is asked, the server answers as its description says, and never fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from examples import scale_examples
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from gridtwin.twin import open_twin
from networks import two_feeders_with_a_tie

from .conftest import TOKEN, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

NAMES = ["BKR1", "L1", "L2", "FUSE", "TIE", "M3", "n1", "feeder-BKR1", "source-S", "current"]
texts = st.one_of(
    st.sampled_from([*NAMES, "normal", "ABC", "downstream", "path", "element", "backfed", "full",
                     "2026-07-01T12:00:00Z", "switches", "usage_points", "lines"]),
    st.text(max_size=20),
)  # fmt: skip
numbers = st.one_of(st.integers(-5, 50), st.integers(), st.floats())
SKIPPED = {"/api/events", "/tiles/grid.pmtiles"}  # one never ends; one is a file


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("any") / "two.twin"
    open_twin(two_feeders_with_a_tie()).save(path)
    free = ServeSettings(str(path), operator_token=TOKEN, rate_per_s=0)
    with answering(create_app(free), free) as client:
        yield client


@pytest.fixture(scope="module")
def description(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def values(description: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:
    """Return a strategy for values that mostly, not always, fit a schema."""
    schema = resolved(description, schema)
    if "anyOf" in schema:
        return st.one_of([values(description, each, depth) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), texts)
    kind = schema.get("type")
    if kind == "array":
        return st.lists(values(description, schema.get("items", {}), depth + 1), max_size=3)
    if kind == "object" and "properties" in schema:
        fields = {
            name: values(description, each, depth + 1)
            for name, each in schema["properties"].items()
        }
        return st.fixed_dictionaries({}, optional=fields)
    if kind == "object":
        inner = schema.get("additionalProperties")
        inside = values(description, inner, depth + 1) if isinstance(inner, dict) else anything
        return st.dictionaries(texts, inside, max_size=3)
    return {
        "string": texts,
        "integer": numbers,
        "number": numbers,
        "boolean": st.booleans(),
    }.get(kind or "", anything)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


@settings(
    max_examples=scale_examples(400),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_question_makes_it_fail(
    client: httpx.Client, description: dict[str, Any], data: st.DataObject
) -> None:
    ways = [
        (path, verb)
        for path, verbs in description["paths"].items()
        for verb in verbs
        if path not in SKIPPED
    ]
    path, verb = data.draw(st.sampled_from(ways))
    operation = description["paths"][path][verb]
    params: dict[str, Any] = {}
    for parameter in operation.get("parameters", ()):
        value = data.draw(values(description, parameter["schema"]))
        if parameter["in"] == "path":
            text = str(value).replace("/", "") or "x"
            path = path.replace(f"{{{parameter['name']}}}", text).replace(
                f"{{{parameter['name']}:path}}", text
            )
        elif parameter["in"] == "query" and (parameter["required"] or data.draw(st.booleans())):
            params[parameter["name"]] = value
    body = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = json.dumps(data.draw(st.one_of(values(description, schema), anything)))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    quoted = "/".join(_quoted(part) for part in path.split("/"))
    answer = client.request(verb, quoted, params=params, content=body, headers=headers)
    assert answer.status_code < 500, (verb, path, params, body, answer.text)
    _check(description, operation, answer)


def _quoted(part: str) -> str:
    from urllib.parse import quote

    return {".": "%2e", "..": "%2e%2e"}.get(part, quote(part, safe=""))


def _check(description: dict[str, Any], operation: dict[str, Any], answer: httpx.Response) -> None:
    """Hold an answer against its description."""
    if "json" not in answer.headers.get("content-type", ""):
        return
    told = operation["responses"].get(str(answer.status_code))
    if told is None or "application/json" not in told.get("content", {}):
        assert set(answer.json()) == {"error"} or answer.status_code == 200
        return
    schema = told["content"]["application/json"]["schema"]
    if not schema:
        return
    registry = Registry().with_resource(
        "urn:description", Resource.from_contents(description, default_specification=DRAFT)
    )
    pointed = json.loads(json.dumps(schema).replace('"#/', '"urn:description#/'))
    Draft202012Validator(pointed, registry=registry).validate(answer.json())


from referencing.jsonschema import DRAFT202012 as DRAFT  # noqa: E402


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api", None),
        ("/api/state", None),
        ("/api/search?q=b", None),
        ("/api/elements/FUSE", None),
        ("/api/elements/M3", None),
        ("/api/trace/downstream?of=BKR1", None),
        ("/api/blast?of=BKR1", None),
        ("/api/outages", None),
        ("/api/history?from=2026-07-01T12:00:00Z&to=2026-07-02T12:00:00Z", None),
        ("/api/what-if", {"switches": {"BKR1": True}}),
        ("/api/compare", {"right": {"switches": {"BKR1": True}}}),
        ("/api/restore", {"of": ["L1"]}),
        ("/health", None),
        ("/ready", None),
    ],
)
def test_answers_are_as_described(
    client: httpx.Client, description: dict[str, Any], path: str, body: Any
) -> None:
    answer = client.get(path) if body is None else client.post(path, json=body)
    assert answer.status_code == 200
    plain = path.partition("?")[0]
    way = {"elements": "/api/elements/{mrid}", "trace": "/api/trace/{kind}"}
    known = next((to for word, to in way.items() if f"/{word}/" in plain), plain)
    operation = description["paths"][known]["get" if body is None else "post"]
    _check(description, operation, answer)


def test_every_path_is_described_with_words_and_an_example_or_none_needed(
    description: dict[str, Any],
) -> None:
    for path, verbs in description["paths"].items():
        for operation in verbs.values():
            assert operation["summary"], path
            assert operation.get("description"), path
    jsonschema.validators.validator_for(description)
