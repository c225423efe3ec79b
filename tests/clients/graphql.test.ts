import assert from "node:assert/strict";
import { test } from "node:test";
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, validateSchema, type IntrospectionQuery } from "graphql";
import { serverAudits } from "graphql-http";
import { url } from "./server.js";

const endpoint = `${url}/graphql`;

// One test for each audit of GraphQL over HTTP; a MAY that we leave out is a notice, and no failure.
for (const audit of serverAudits({ url: endpoint }))
    test(`graphql-http ${audit.id}: ${audit.name}`, async () => {
        const result = await audit.fn();
        if (result.status === "notice") return;
        assert.equal(result.status, "ok", "reason" in result ? result.reason : "");
    });

test("the reference implementation reads our introspection and our SDL as the same schema", async () => {
    const reply = await fetch(endpoint, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ query: getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true, specifiedByUrl: true, oneOf: true, directiveIsRepeatable: true }) }),
    });
    const told = await reply.json() as { data?: IntrospectionQuery; errors?: unknown };
    assert.ok(told.data, JSON.stringify(told.errors));
    const introspected = buildClientSchema(told.data);
    assert.deepEqual(validateSchema(introspected), []);
    const written = buildSchema(await (await fetch(`${url}/schema.graphql`)).text());
    assert.equal(printSchema(lexicographicSortSchema(written)), printSchema(lexicographicSortSchema(introspected)));
});
