import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { buildClientSchema, parse, validate } from "graphql";
import { introspection } from "./graph.js";

const schema = buildClientSchema(introspection);
const root = join(import.meta.dirname, "..", "..", "..");

/** The queries of a page: blocks of GraphQL, and what its curl commands send. */
function queries(page: string): string[] {
    const blocks = [...page.matchAll(/^```graphql\n(.*?)^```/gms)].map((m) => m[1]!);
    const sent = [...page.matchAll(/--data-urlencode 'query=(.*?)'/gs)].map((m) => m[1]!);
    const posted = [...page.matchAll(/"query": "((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]!.replaceAll("\\$", "$"));
    return [...blocks, ...sent, ...posted];
}

const faults = (query: string) => validate(schema, parse(query)).map((e) => e.message);

for (const [page, count] of [["docs/GRAPHQL.md", 2], ["README.md", 2]] as const)
    test(`the queries in ${page} are good`, async () => {
        const found = queries(await readFile(join(root, page), "utf8"));
        assert.ok(found.length >= count, "they are found");
        for (const query of found) assert.deepEqual(faults(query), [], query);
    });

test("a query that is not good would be noticed", () => {
    const [one, two] = queries("```graphql\n{ nothing }\n```\n--data-urlencode 'query={ viewer { nothing } }'");
    assert.ok(faults(one!).length && faults(two!).length);
});
