"""Fails when a statement of a queries.sql was never executed on the PostgreSQL that the tests used (ROOST_TEST_PG).

Its pg_stat_statements has the texts, with constants replaced by numbers: compared is what is left of both without them."""

import os
import pathlib
import re
import sys

import psycopg

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
STATEMENT = re.compile(r"^-- name: (\S+).*\n((?:(?!-- name:).*\n?)*)", re.M)
BLANKED = re.compile(r"--.*|'(?:[^']|'')*'|\$\d+|\b(?:null|true|false)\b|(?<=extract\()\w+|(?<![\w.])-?\d+(?:\.\d+)?\b", re.I)


def shape(sql):
    bare = BLANKED.sub(lambda m: "" if m[0].startswith("--") else "?", sql)
    return re.sub(r"\s+|;\s*$", "", bare)


def main():
    with psycopg.connect(os.environ["ROOST_TEST_PG"]) as connection:
        connection.execute("create extension if not exists pg_stat_statements")
        if connection.execute("select dealloc from pg_stat_statements_info").fetchone()[0]:
            sys.exit("PostgreSQL forgot statements that ran: raise pg_stat_statements.max in tools/dev/suites.sh")
        ran = {shape(text) for (text,) in connection.execute("select query from pg_stat_statements")}
    written = [
        (f"{file.parent.name}.{name}", shape(sql))
        for file in sorted(SRC.rglob("queries.sql"))
        for name, sql in STATEMENT.findall(file.read_text())
    ]
    never = [name for name, text in written if text not in ran]
    print("\n".join(f"{name} was never executed" for name in never), end="\n" if never else "")
    return 1 if never or not written else 0


sys.exit(main())
