import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, type Client, type ExecutionResult } from "graphql-sse";
import { data, done, type App } from "./graph.js";
import { BecomeHostDocument, BookDocument, CancelDocument, QuoteDocument } from "./generated/graphql.js";
import { join, offer } from "./a_stay_by_graphql.js";
import { clock, eventually } from "./people.js";
import { url } from "./server.js";

interface Changed { bookingChanged: { id: string; status: string } | null }
interface Told { notificationAdded: { kind: string } | null }

/** What somebody's app hears over one connection: a test must see it end, so it does not come again by itself. */
function follower(app: App): Client {
    return createClient({
        url: `${url}/graphql`,
        headers: (): Record<string, string> => (app.token === null ? {} : { Authorization: `Bearer ${app.token}` }),
        retryAttempts: 0,
    });
}

/** Begins to follow; comes back once the server has answered. */
async function follow<Data>(app: App, query: string): Promise<{ heard: ExecutionResult<Data>[]; leave: () => void }> {
    const heard: ExecutionResult<Data>[] = [];
    let leave: () => void = () => undefined;
    await new Promise<void>((connected, failed) => {
        leave = follower(app).subscribe<Data, Record<string, unknown>>({ query }, { next: (one) => heard.push(one), error: failed, complete: () => undefined }, { connected: () => connected() });
    });
    return { heard, leave };
}

test("a guest and a host follow a stay through graphql-sse", async () => {
    const host = await join("host"), guest = await join("guest"), stranger = await join("stranger");
    done(data(await host.client.mutation(BecomeHostDocument, {})).updateAccount);
    const place = await offer(host, "A flat that is followed", "ON_ARRIVAL");
    const changed = "subscription { bookingChanged { id status } }";
    const [byGuest, byHost, byStranger] = [await follow<Changed>(guest, changed), await follow<Changed>(host, changed), await follow<Changed>(stranger, changed)];
    const told = await follow<Told>(host, "subscription { notificationAdded { kind } }");

    const stay = { checkIn: clock.day(40), checkOut: clock.day(42), guests: 1 };
    const quote = done(data(await guest.client.mutation(QuoteDocument, { input: { propertyId: place.id, ...stay } })).createQuote).quote!;
    const { id } = done(data(await guest.client.mutation(BookDocument, { input: { quoteId: quote.id, clientMutationId: crypto.randomUUID() } })).createBooking).booking!;
    for (const { heard } of [byGuest, byHost])
        await eventually("the booking", async () => heard.length > 0);
    done(data(await guest.client.mutation(CancelDocument, { input: { bookingId: id } })).cancelBooking);
    for (const { heard, leave } of [byGuest, byHost]) {
        await eventually("the cancellation", async () => heard.length > 1);
        leave();
        assert.deepEqual(heard.map((one) => one.data?.bookingChanged), [{ id, status: "CONFIRMED" }, { id, status: "CANCELLED_BY_GUEST" }]);
    }
    await eventually("the host's notifications", async () => told.heard.length > 0);
    told.leave();
    byStranger.leave();
    assert.deepEqual(byStranger.heard, []);
});

test("graphql-sse is refused without a session", async () => {
    const nobody = { token: null } as App;
    await assert.rejects(follow(nobody, "subscription { bookingChanged { id } }"), /401/);
});
