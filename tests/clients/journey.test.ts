import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { paths } from "./generated/openapi.js";
import { url } from "./server.js";

const anybody = createClient<paths>({ baseUrl: url });
const password = "correct horse battery staple 7";

/** The data of a reply that must be a success; what it says otherwise is the failure's message. */
function good<T>(reply: { data?: T; error?: unknown; response: Response }): T {
    assert.ok(reply.response.ok && reply.error === undefined, `${reply.response.url}: ${reply.response.status} ${JSON.stringify(reply.error)}`);
    return reply.data as T;
}

function day(ahead: number): string {
    return new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
}

async function signUp(word: string) {
    const username = `${word}_${randomUUID().slice(0, 8)}`;
    const body = { username, email: `${username}@example.com`, password };
    const user = good(await anybody.POST("/api/v1/users/", { body }));
    const session = good(await anybody.POST("/api/v1/auth/login/", { body: { username, password } }));
    const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${session.access_token}` } });
    return { user, client };
}

test("a stay is listed, found, quoted, booked and cancelled", async () => {
    const { client: host, user: hostUser } = await signUp("host");
    const { client: guest } = await signUp("guest");
    good(await host.PATCH("/api/v1/users/me/", { body: { is_host: true } }));
});
