import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { becomes, book, clock, eventually, good, list, signUp } from "./people.js";

/** Another platform, which serves one calendar: whose nights are closed there is for the test to say. */
async function anotherPlatform(t: TestContext, nights: { from: string; to: string }[]) {
    const compact = (day: string) => day.replaceAll("-", "");
    const server = createServer((request, response) => {
        const events = nights.flatMap(({ from, to }) => [
            "BEGIN:VEVENT", `UID:${from}@elsewhere.example`, `DTSTART;VALUE=DATE:${compact(from)}`,
            `DTEND;VALUE=DATE:${compact(to)}`, "SUMMARY:Reserved", "END:VEVENT",
        ]);
        const calendar = ["BEGIN:VCALENDAR", "PRODID:-//Elsewhere//EN", "VERSION:2.0", ...events, "END:VCALENDAR", ""];
        response.writeHead(200, { "Content-Type": "text/calendar", Connection: "close" }).end(calendar.join("\r\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar.ics`;
}

test("a host's calendar on another platform closes its nights here, and says where the two disagree", async (t) => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const listing = await list(host);
    const path = { property_id: listing.id };
    const booking = await book(guest, listing, 12, 2);
    const nights = [{ from: clock.day(10), to: clock.day(13) }];
    const feeds = `/api/v1/properties/{property_id}/feeds/` as const;
    const made = good(await host.client.POST(feeds, { params: { path }, body: { name: "Elsewhere", url: await anotherPlatform(t, nights) } }));
    const one = { params: { path: { feed_id: made.id } } };
    const fetched = async (times: number) => eventually(`fetch ${times}`, async () => {
        const history = good(await host.client.GET("/api/v1/feeds/{feed_id}/history/", one)).results;
        return history.length >= times && history;
    });

    assert.deepEqual((await fetched(1)).map((f) => [f.outcome, f.added]), [["read", 3]]);
    const read = good(await host.client.GET("/api/v1/feeds/{feed_id}/", one));
    assert.deepEqual([read.health, read.events, read.nights], ["healthy", 1, 3]);
    assert.deepEqual(good(await host.client.GET("/api/v1/feeds/{feed_id}/nights/", one)).results, nights);
    const conflicts = good(await host.client.GET("/api/v1/properties/{property_id}/conflicts/", { params: { path } })).results;
    assert.deepEqual(conflicts.map((c) => [c.feed_id, c.booking_id, c.from, c.to]), [[made.id, booking.id, clock.day(12), clock.day(13)]]);
    await becomes(guest, booking, "confirmed");

    nights.push({ from: clock.day(20), to: clock.day(22) });
    await clock.goTo(t, clock.now() + 60_000);
    good(await host.client.POST("/api/v1/feeds/{feed_id}/refresh/", one));
    await fetched(2);
    assert.equal(good(await host.client.PATCH("/api/v1/feeds/{feed_id}/", { ...one, body: { name: "The other one" } })).nights, 5);
    assert.deepEqual(good(await host.client.GET(feeds, { params: { path } })).results.map((f) => f.name), ["The other one"]);
    good(await host.client.DELETE("/api/v1/feeds/{feed_id}/", one));
    assert.equal((await host.client.GET("/api/v1/feeds/{feed_id}/", one)).response.status, 404);
});

test("another platform reads a host's calendar at a secret address, until she takes it back", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const listing = await list(host);
    const path = { property_id: listing.id };
    const booking = await book(guest, listing, 10, 2);
    const address = good(await host.client.POST("/api/v1/properties/{property_id}/ical/", { params: { path }, body: { name: "Elsewhere" } }));
    const calendar = await (await fetch(address.url)).text();
    assert.ok(calendar.startsWith("BEGIN:VCALENDAR\r\n") && calendar.includes(`DTSTART;VALUE=DATE:${booking.check_in.replaceAll("-", "")}`));
    const known = good(await host.client.GET("/api/v1/properties/{property_id}/ical/", { params: { path } })).results;
    assert.deepEqual(known.map((a) => [a.id, a.name]), [[address.id, "Elsewhere"]]);
    good(await host.client.DELETE("/api/v1/properties/{property_id}/ical/{address_id}/", { params: { path: { ...path, address_id: address.id } } }));
    assert.equal((await fetch(address.url)).status, 404);
});
