"""The server's own OpenAPI document, walked: operations, example values, values that break a schema."""

import copy
import functools
import re
import uuid

import jsonschema

PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
FORMATS = jsonschema.FormatChecker(["uuid", "date"])

EXAMPLES_BY_FORMAT = {
    "uuid": "0193e0a0-0000-7000-8000-00000000abcd",
    "date": "2027-05-03",
    "date-time": "2027-05-03T15:00:00Z",
    "email": "somebody@example.com",
    "uri": "https://example.com/a.jpg",
}


class Operation:
    """One method of one path. `name` is "PATCH /users/me/"."""

    def __init__(self, contract, method, path, raw):
        self.contract = contract
        self.method = method.upper()
        self.path = path.removeprefix(PREFIX)
        self.raw = raw
        self.name = f"{self.method} {self.path}"
        self.id = raw["operationId"]

    def __repr__(self):
        return self.name

    def parameters(self, place):
        return {p["name"]: p for p in self.raw.get("parameters", []) if p["in"] == place}

    @property
    def path_parameters(self):
        return re.findall(r"{(\w+)}", self.path)

    @property
    def writes(self):
        return self.method != "GET"

    @functools.cached_property
    def body(self):
        """The request body's schema, or None."""
        content = self.raw.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if content else None

    @property
    def needs_key(self):
        return self.parameters("header").get("Idempotency-Key", {}).get("required", False)

    def target(self, **ids):
        return re.sub(r"{(\w+)}", lambda m: ids[m[1]], self.path)

    def any_target(self):
        """A path whose ids name nothing."""
        return self.target(**{name: str(uuid.uuid4()) for name in self.path_parameters})

    def answer(self, status):
        """The schema of the reply of that status; None when it has no body. KeyError when the contract lacks it."""
        content = self.raw["responses"][str(status)].get("content", {})
        return next(iter(content.values()))["schema"] if content else None


class Contract:
    def __init__(self, document):
        self.document = document
        self.operations = [
            Operation(self, method, path, raw[method])
            for path, raw in sorted(document["paths"].items())
            for method in METHODS
            if method in raw
        ]

    def resolve(self, schema):
        """The schema with a leading $ref followed, and null taken out of a choice with one other branch."""
        if "anyOf" in schema:
            others = [s for s in schema["anyOf"] if s != {"type": "null"}]
            if len(others) == 1:
                return self.resolve({**others[0], **{k: v for k, v in schema.items() if k != "anyOf"}})
        if "$ref" not in schema:
            return schema
        target = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        merged = {**target, **{k: v for k, v in schema.items() if k not in ("$ref", "properties")}}
        if "properties" in schema and "properties" in target:  # bounds beside a reference
            merged["properties"] = {
                n: {**p, **schema["properties"].get(n, {})} for n, p in target["properties"].items()
            }
        return merged

    def kind(self, schema):
        """ "string", "object" …; of a nullable type, the other one."""
        kind = self.resolve(schema).get("type", "string")
        return next(k for k in kind if k != "null") if isinstance(kind, list) else kind

    def example(self, schema, all_members=True):
        """A value that fits the schema."""
        schema = self.resolve(schema)
        if schema.get("examples"):
            return copy.deepcopy(schema["examples"][0])
        if "enum" in schema:
            return schema["enum"][0]
        kind = self.kind(schema)
        if kind == "object":
            names = schema.get("properties", {}) if all_members else schema.get("required", [])
            return {name: self.example(schema["properties"][name], all_members) for name in names}
        if kind == "array":
            return [self.example(schema["items"], all_members)] * max(1, schema.get("minItems", 0))
        if kind in ("integer", "number"):
            return max(1, schema.get("minimum", 1))
        if kind == "boolean":
            return True
        text = EXAMPLES_BY_FORMAT.get(schema.get("format"), "somewhere")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 1000)]

    def faults(self, value, schema):
        """What the schema has against the value, as texts."""
        whole = {**schema, "components": self.document["components"]}
        return [
            e.message[:300] for e in jsonschema.Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value)
        ]

    def members(self, schema, pointer=()):
        """Every (pointer, schema) inside an object, objects and lists opened."""
        schema = self.resolve(schema)
        kind = self.kind(schema)
        if kind == "object":
            for name, inner in schema.get("properties", {}).items():
                yield (*pointer, name), inner
                yield from self.members(inner, (*pointer, name))
        elif kind == "array":
            yield (*pointer, 0), schema["items"]
            yield from self.members(schema["items"], (*pointer, 0))

    def property_names(self):
        """Every name that any object of the contract has."""
        names = set()

        def walk(node):
            if isinstance(node, dict):
                if isinstance(node.get("properties"), dict):
                    names.update(node["properties"])
                for inner in node.values():
                    walk(inner)
            elif isinstance(node, list):
                for inner in node:
                    walk(inner)

        walk(self.document["components"]["schemas"])
        return sorted(names)

    def wrong_values(self, schema):
        """Values that are wrong for most schemas of this kind; the schema itself decides which are."""
        resolved = self.resolve(schema)
        values = [
            None,
            True,
            0,
            -1,
            1.5,
            "",
            "x",
            [],
            ["x"],
            {},
            {"x": 1},
            2**31,
            2**53 + 1,
            2**63,
            -(2**63) - 1,
            10**40,
            1e308,
        ]
        for bound, step in (("minimum", -1), ("maximum", 1)):
            if bound in resolved:
                values.append(resolved[bound] + step)
        if "minLength" in resolved:
            values.append("x" * (resolved["minLength"] - 1))
        if "maxLength" in resolved:
            values += ["x" * (resolved["maxLength"] + 1), "é" * (resolved["maxLength"] + 1)]
        if "maxItems" in resolved:
            values.append([self.example(resolved["items"])] * (resolved["maxItems"] + 1))
        values += [
            "2026-02-30",
            "2026-13-01",
            "26-1-1",
            "0000-01-01",
            "9999-12-31",
            "2026-12-24T25:00:00Z",
            "not-an-id",
            "a\0b",
            "\0",
            "🏠" * 40,
            "' or 1=1 --",
            "eur",
            "EURO",
        ]
        return values


def replaced(value, pointer, new):
    """A copy of the JSON value with the part at the pointer replaced."""
    if not pointer:
        return new
    out = copy.deepcopy(value)
    at = out
    for step in pointer[:-1]:
        at = at[step]
    if isinstance(at, list) and pointer[-1] == len(at):
        at.append(new)  # the example has none
    else:
        at[pointer[-1]] = new
    return out
