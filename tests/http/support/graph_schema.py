"""The server's own schema by introspection, walked: fields, selections of everything, inputs of REST's bodies."""

import re

QUESTION = """{ __schema { types { kind name interfaces { name } enumValues(includeDeprecated: true) { name }
    fields(includeDeprecated: true) { name args { name type { ...T } } type { ...T } } inputFields { name type { ...T } } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } } }"""


class Type:
    """A type with what is around it: "[Property!]!" has name "Property", is required and a list."""

    def __init__(self, raw):
        self.required = raw["kind"] == "NON_NULL"
        raw = raw["ofType"] if self.required else raw
        self.list = raw["kind"] == "LIST"
        while raw["kind"] in ("NON_NULL", "LIST"):
            raw = raw["ofType"]
        self.name = raw["name"]


class Field:
    def __init__(self, on, raw):
        self.on = on
        self.name = raw["name"]
        self.type = Type(raw["type"])
        self.arguments = {a["name"]: Type(a["type"]) for a in raw["args"]}

    def __repr__(self):
        return f"{self.on}.{self.name}"

    @property
    def demands(self):
        """Whether it cannot be asked for without saying more."""
        return any(a.required for a in self.arguments.values())


class Schema:
    def __init__(self, graph):
        self.types = {t["name"]: t for t in graph.ask(QUESTION)["__schema"]["types"] if not t["name"].startswith("__")}

    def fields(self, type_name):
        return [Field(type_name, f) for f in self.types[type_name]["fields"] or []]

    def field(self, type_name, name):
        return next(f for f in self.fields(type_name) if f.name == name)

    def is_composite(self, type_name):
        return self.types[type_name]["kind"] in ("OBJECT", "INTERFACE")

    def nodes(self):
        """The types that have ids of their own."""
        return {name for name, t in self.types.items() if {"name": "Node"} in (t["interfaces"] or [])}

    def selection(self, type_name, depth):
        """Everything there is of it that takes no arguments, and so far below; "" for what has no fields."""
        if not self.is_composite(type_name):
            return ""
        parts = ["__typename"]
        for f in self.fields(type_name):
            if f.demands or (self.is_composite(f.type.name) and depth == 0):
                continue
            parts.append(f"{f.name} {self.selection(f.type.name, depth - 1)}")
        return "{ " + " ".join(parts) + " }"

    def as_input(self, type_name, value):
        """What REST takes as the graph does: names in camelCase, enumerations in capitals."""
        kind = self.types[type_name]["kind"]
        if value is None:
            return None
        if isinstance(value, list):
            return [self.as_input(type_name, one) for one in value]
        if kind == "ENUM":
            return in_capitals(value)
        if kind != "INPUT_OBJECT":
            return value
        types = {f["name"]: Type(f["type"]).name for f in self.types[type_name]["inputFields"]}
        return {camel(name): self.as_input(types[camel(name)], inner) for name, inner in value.items()}


def camel(name):
    return re.sub(r"_(\w)", lambda m: m[1].upper(), name)


def in_capitals(name):
    return name[1:].upper() + "_DESC" if name.startswith("-") else name.upper()
