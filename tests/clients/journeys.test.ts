// What people do from their first day to their last, through the client that was generated from the contract. All of it
// is one file for node --test, since it moves the one clock of the server and counts what was used.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./booking_a_stay.js";
import "./a_stay_by_graphql.js";
import "./following_a_stay.js";
import "./hosting.js";
import "./calendars_elsewhere.js";
import "./an_account.js";
import "./after_the_stay.js";
import "./paying.js";
import "./paying_by_stripe.js";
import "./hosts_money.js";
import "./paying_page.js";
import "./receipt_page.js";
import { anybody, used } from "./people.js";
import { url } from "./server.js";

const contract = await (await fetch(`${url}/openapi.json`)).json() as { paths: Record<string, object> };
const operations = Object.entries(contract.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));

function withoutJourney(everything: string[], seen: ReadonlySet<string>): string[] {
    return everything.filter((operation) => !seen.has(operation));
}

test("every operation of the contract was used on one of these journeys", () => {
    assert.deepEqual(withoutJourney(operations, used), []);
    assert.deepEqual([...used].filter((operation) => !operations.includes(operation)), [], "names that only look like operations");
});

test("an operation that nobody used would be named, and a refused request is no use of it", async () => {
    const one = "GET /api/v1/users/me/";
    assert.ok(used.delete(one));
    assert.equal((await anybody.GET("/api/v1/users/me/")).response.status, 401);
    assert.deepEqual(withoutJourney(operations, used), [one]);
});
