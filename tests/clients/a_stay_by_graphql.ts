import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { data, done, newApp, type App } from "./graph.js";
import {
    BecomeHostDocument, BookDocument, CancelDocument, LoginDocument, OfferDocument, PayDocument, PreviewDocument, PropertyDocument, QuoteDocument,
    RegisterDocument, SearchDocument, StayDocument, StaysDocument, type StayQuery,
} from "./generated/graphql.js";
import { clock, euros, eventually, password, pressOn } from "./people.js";

export async function join(word: string): Promise<App> {
    const app = newApp();
    const username = `${word}_${randomUUID().slice(0, 8)}`;
    const account = { username, email: `${username}@example.com`, password, displayName: word };
    done(data(await app.client.mutation(RegisterDocument, { input: account })).register);
    app.token = done(data(await app.client.mutation(LoginDocument, { input: { username, password } })).login).tokens!.accessToken;
    return app;
}

export async function offer(host: App, title: string, paymentMode: "ONLINE" | "ON_ARRIVAL" = "ONLINE") {
    return done(data(await host.client.mutation(OfferDocument, {
        input: {
            title,
            status: "LISTED",
            propertyType: "APARTMENT",
            roomType: "ENTIRE_HOME",
            address: { line: "Rua da Bica 4", city: "Lisbon", country: "PT" },
            location: { latitude: 38.7139, longitude: -9.1334 },
            nightlyPrice: euros(12050),
            capacity: 4,
            amenities: ["wifi", "kitchen"],
            bookingMode: "INSTANT",
            paymentMode,
        },
    })).createProperty).property!;
}

test("a stay is found, quoted, booked, paid and cancelled through urql and the types of graphql-codegen", async () => {
    const host = await join("host");
    const { id: hostId } = done(data(await host.client.mutation(BecomeHostDocument, {})).updateAccount).account!;
    const titles = ["One flat above the harbour", "Another flat above the harbour", "A third flat above the harbour"];
    for (const title of titles) await offer(host, title);

    const guest = await join("guest");
    const stay = { checkIn: clock.day(30), checkOut: clock.day(33), guests: 2 };
    const filter = { host: hostId, ...stay };
    const first = data(await guest.client.query(SearchDocument, { filter, first: 2 })).properties!;
    assert.deepEqual([first.edges.map((e) => e.node.title), first.pageInfo.hasNextPage], [[titles[2], titles[1]], true]);
    const both = data(await guest.client.query(SearchDocument, { filter, first: 2, after: first.pageInfo.endCursor! })).properties!;
    assert.deepEqual(both.edges.map((e) => e.node.title), [...titles].reverse(), "the cache has put the pages together");
    const chosen = both.edges[0]!;

    const quote = done(data(await guest.client.mutation(QuoteDocument, { input: { propertyId: chosen.node.id, ...stay } })).createQuote).quote!;
    assert.deepEqual([quote.nights, quote.price.total], [3, chosen.totalPrice]);
    assert.equal(quote.price.lines.reduce((sum, line) => sum + line.amount.amount, 0), quote.price.total.amount);

    const input = { quoteId: quote.id, message: "We arrive late.", clientMutationId: randomUUID() };
    const booked = done(data(await guest.client.mutation(BookDocument, { input })).createBooking);
    const again = done(data(await guest.client.mutation(BookDocument, { input })).createBooking);
    assert.equal(booked.booking!.status, "AWAITING_PAYMENT");
    assert.deepEqual([again.booking!.id, again.clientMutationId], [booked.booking!.id, input.clientMutationId], "the same key, the same booking");
    const { id } = booked.booking!;

    // A screen that stays open; what mutations bring reaches it through the cache.
    const shown: (StayQuery["booking"] & {})[] = [];
    const screen = guest.client.query(StayDocument, { id }).subscribe((answer) => { if (answer.data?.booking) shown.push(answer.data.booking); });
    await eventually("the screen", async () => shown.length > 0);

    const payment = done(data(await guest.client.mutation(PayDocument, {
        input: { bookingId: id, provider: "SANDBOX", method: "CARD", clientMutationId: randomUUID() },
    })).createPayment).payment!;
    await pressOn(payment.nextAction!.redirectUrl!, "approve");
    await eventually("the booking being confirmed", async () => {
        const seen = data(await guest.client.query(StayDocument, { id }, { requestPolicy: "network-only" })).booking!;
        return seen.status === "CONFIRMED" && seen.paid.amount === seen.price.total.amount;
    });
    assert.equal(shown.at(-1)!.status, "CONFIRMED");
    const mine = data(await guest.client.query(StaysDocument, { first: 5 })).bookings!;
    assert.deepEqual([mine.totalCount, mine.nodes.map((b) => [b.id, b.status])], [1, [[id, "CONFIRMED"]]]);

    const preview = data(await guest.client.query(PreviewDocument, { id })).booking!.cancellationPreview!;
    const cancelled = done(data(await guest.client.mutation(CancelDocument, { input: { bookingId: id, reason: "Plans" } })).cancelBooking);
    assert.deepEqual([cancelled.booking!.status, cancelled.refund], ["CANCELLED_BY_GUEST", preview.now]);
    assert.equal(shown.at(-1)!.status, "CANCELLED_BY_GUEST", "the open screen knows");
    const before = guest.sent;
    assert.equal(data(await guest.client.query(StaysDocument, { first: 5 })).bookings!.nodes[0]!.status, "CANCELLED_BY_GUEST");
    assert.equal(guest.sent, before, "what the cache knows is not asked again");
    screen.unsubscribe();

    const twice = data(await guest.client.mutation(CancelDocument, { input: { bookingId: id } })).cancelBooking!;
    assert.deepEqual([twice.booking, twice.userErrors.map((e) => [e.code, e.path])], [null, [["WRONG_STATE", ["input"]]]]);
});

test("the cache knows one object by its id wherever it was met", async () => {
    const host = await join("host");
    done(data(await host.client.mutation(BecomeHostDocument, {})).updateAccount);
    const made = await offer(host, "A flat met twice");
    const anybody = newApp();
    const found = data(await anybody.client.query(PropertyDocument, { id: made.id })).property!;
    const before = anybody.sent;
    assert.deepEqual(data(await anybody.client.query(PropertyDocument, { id: made.id })).property, found);
    assert.equal(anybody.sent, before);
    const nobody = data(await anybody.client.query(PropertyDocument, { id: `Property:${randomUUID()}` }));
    assert.equal(nobody.property, null);
    assert.equal(anybody.sent, before + 1, "another id is another object");
});
