import assert from "node:assert/strict";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { Client, fetchExchange, type AnyVariables, type OperationResult } from "@urql/core";
import { getIntrospectionQuery, isObjectType, buildClientSchema, type IntrospectionQuery } from "graphql";
import { url } from "./server.js";

const endpoint = `${url}/graphql`;
export const introspection = await introspect();

async function introspect(): Promise<IntrospectionQuery> {
    const body = JSON.stringify({ query: getIntrospectionQuery() });
    const reply = await fetch(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const told = await reply.json() as { data?: IntrospectionQuery; errors?: unknown };
    assert.ok(told.data, JSON.stringify(told.errors));
    return told.data;
}

/** What has no id of its own is kept within what it belongs to. */
const embedded = Object.fromEntries(
    Object.values(buildClientSchema(introspection).getTypeMap())
        .filter((type) => isObjectType(type) && !type.getFields()["id"])
        .map((type) => [type.name, () => null]),
);

/** Somebody's app: urql with a normalised cache. */
export interface App {
    client: Client;
    /** Requests that it has sent. */
    sent: number;
    token: string | null;
}

export function newApp(): App {
    const app: App = { client: null as unknown as Client, sent: 0, token: null };
    app.client = new Client({
        url: endpoint,
        preferGetMethod: false,
        exchanges: [
            cacheExchange({ schema: introspection, keys: embedded, resolvers: { Query: { properties: relayPagination() } } }),
            fetchExchange,
        ],
        fetchOptions: () => ({ headers: app.token === null ? {} : { Authorization: `Bearer ${app.token}` } }),
        fetch: (input, init) => {
            ++app.sent;
            return fetch(input, init);
        },
    });
    return app;
}

/** The data of an answer without errors. */
export function data<T, V extends AnyVariables>(answer: OperationResult<T, V>): T {
    assert.ok(answer.error === undefined && answer.data !== undefined, String(answer.error));
    return answer.data;
}

/** A payload in which nothing is wrong. */
export function done<P extends { userErrors: { message: string }[] }>(payload: P | null): P {
    assert.ok(payload);
    assert.deepEqual(payload.userErrors, []);
    return payload;
}
