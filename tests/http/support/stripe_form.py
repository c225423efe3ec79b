"""How requests to Stripe are read: form encoding with brackets, parameters that are declared and no others, amounts."""

import re

ZERO_DECIMAL = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = set("bhd jod kwd omr tnd".split())
WHOLE_ONLY = {"isk", "ugx"}  # two digits, always 00
LEAST, MOST = 50, 99_999_999


class Refused(Exception):
    """An error as Stripe answers it. `began`: the request had begun to do something, so its key keeps this answer."""

    def __init__(self, message, status=400, type="invalid_request_error", began=False, **more):
        super().__init__(message)
        self.status, self.began = status, began
        self.body = {"error": {"type": type, "message": message, **more}}


def unknown(name):
    return Refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def decode(pairs):
    """[("a[b]", "1"), ("c[]", "2"), ("d[0]", "3")] → {"a": {"b": "1"}, "c": ["2"], "d": ["3"]}"""
    found = {}
    for name, value in pairs:
        keys = re.fullmatch(r"(\w+)((?:\[\w*\])*)", name)
        if not keys:
            raise unknown(name)
        path = [keys[1], *re.findall(r"\[(\w*)\]", keys[2])]
        at = found
        for key, below in zip(path, [*path[1:], None]):
            fresh = value if below is None else [] if below == "" or below.isdigit() else {}
            if isinstance(at, list):
                if key and int(key) != len(at):
                    raise Refused(f"Invalid array: {name}", param=name)
                at.append(fresh)
                at = at[-1]
            elif key in at and not (below is not None and type(at[key]) is type(fresh)):
                raise Refused(f"Duplicate parameter: {name}", param=name)
            else:
                at = at.setdefault(key, fresh)
    return found


def text(value, name):
    if not isinstance(value, str) or not value:
        raise Refused(f"Invalid string: {name}", code="parameter_invalid_empty", param=name)
    return value


def whole(value, name):
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,18}", value):
        raise Refused(f"Invalid integer: {name}", code="parameter_invalid_integer", param=name)
    return int(value)


def limit(value, name):
    if not 1 <= whole(value, name) <= 100:
        raise Refused("Limit must be between 1 and 100", code="parameter_invalid_integer", param=name)
    return int(value)


def one_of(*choices):
    def read(value, name):
        if value not in choices:
            raise Refused(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
        return value

    return read


def many(read):
    def read_all(value, name):
        if not isinstance(value, list):
            raise Refused("Invalid array", param=name)
        return [read(one, name) for one in value]

    return read_all


def metadata(value, name):
    if not isinstance(value, dict) or len(value) > 50:
        raise Refused("Invalid object", param=name)
    for key, one in value.items():
        if len(key) > 40 or not isinstance(one, str) or len(one) > 500:
            raise Refused("Metadata keys have at most 40 and values at most 500 characters", param=name)
    return value


def span(value, name):
    if not isinstance(value, dict) or not value.keys() <= {"gt", "gte", "lt", "lte"}:
        raise Refused("Invalid timestamps", param=name)
    return {key: whole(one, name) for key, one in value.items()}


def read(pairs, required=(), **known):
    """The declared parameters, read. `known`: name → how to read it."""
    given = decode(pairs)
    for name in given:
        if name not in known:
            raise unknown(name)
    for name in required:
        if name not in given:
            raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return {name: known[name](value, name) for name, value in given.items()}


def check_amount(amount, currency, least=LEAST):
    step = 100 if currency in WHOLE_ONLY else 10 if currency in THREE_DECIMAL else 1
    if amount % step:
        raise Refused(f"Invalid integer: must be divisible by {step}", code="parameter_invalid_integer", param="amount")
    if amount < least:
        raise Refused("Amount must be at least 50 cents", code="amount_too_small", param="amount")
    if amount > MOST:
        raise Refused("Amount must be no more than 999,999.99", code="amount_too_large", param="amount")


def currency(value, name):
    if not re.fullmatch("[a-z]{3}", str(value)):  # Stripe takes capitals too; we send none
        raise Refused(f"Invalid currency: {value}", param=name)
    return value
