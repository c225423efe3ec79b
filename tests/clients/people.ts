import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated/openapi.js";
import { url } from "./server.js";

type Schemas = components["schemas"];
/** What is asked for, where there is something else too. */
type Json = "application/json" | "application/problem+json";

const DAY = 86_400_000;
export const password = "correct horse battery staple 7";

/** "GET /api/v1/amenities/": the operations that somebody used with success. */
export const used = new Set<string>();

const remember: Middleware = {
    onResponse({ request, response, schemaPath }) {
        if (response.ok) used.add(`${request.method} ${schemaPath}`);
    },
};

/** A client without a session. */
export const anybody = createClient<paths, Json>({ baseUrl: url });
anybody.use(remember);

/** The data of a reply that must be a success; what it says otherwise is the failure's message. */
export function good<T>(reply: { data?: T; error?: unknown; response: Response }): T {
    assert.ok(reply.response.ok && reply.error === undefined, `${reply.response.url}: ${reply.response.status} ${JSON.stringify(reply.error)}`);
    return reply.data as T;
}

/** What `look` gives as soon as that is something; the server's jobs have half a minute. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | null | false>): Promise<T> {
    for (let tries = 0; tries < 300; ++tries) {
        const found = await look();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what}: not within half a minute`);
}

/** The server's clock. */
export const clock = {
    shift: 0,
    moves: 0,
    now: () => Date.now() + clock.shift,
    /** The date so many days on. */
    day: (ahead: number) => new Date(clock.now() + ahead * DAY).toISOString().slice(0, 10),
    async move(shift: number) {
        const body = JSON.stringify({ shift_seconds: Math.round(shift / 1000) });
        assert.equal((await fetch(`${url}/dev/clock`, { method: "POST", headers: { "Content-Type": "application/json" }, body })).status, 204);
        clock.shift = shift;
        ++clock.moves;
    },
    /** Some seconds later than that moment, until the test ends. */
    async goTo(t: TestContext, moment: string | number) {
        t.after(() => clock.move(0));
        await clock.move(new Date(moment).getTime() - Date.now() + 2000);
    },
};

/** Somebody's client. It signs in before its first request, and again when the clock was moved: tokens age with it. */
export interface Person {
    user: Schemas["OwnAccount"];
    client: Client<paths, Json>;
}

export async function signUp(word: string, changes?: Schemas["AccountChanges"]): Promise<Person> {
    const username = `${word}_${randomUUID().slice(0, 8)}`;
    const body = { username, email: `${username}@example.com`, password, display_name: word, locale: "en" };
    const user = good(await anybody.POST("/api/v1/users/", { body }));
    const client = createClient<paths, Json>({ baseUrl: url });
    let token: string | null = null;
    let moves = -1;
    client.use(remember, {
        async onRequest({ request }) {
            if (moves !== clock.moves) {
                token = (await signIn(username)).access_token;
                moves = clock.moves;
            }
            request.headers.set("Authorization", `Bearer ${token}`);
        },
    });
    if (changes) good(await client.PATCH("/api/v1/users/me/", { body: changes }));
    return { user, client };
}

export async function signIn(username: string, secret = password) {
    return good(await anybody.POST("/api/v1/auth/login/", { body: { username, password: secret, cookies: false } }));
}

export async function newAdmin(): Promise<Person> {
    const admin = await signUp("admin");
    execFileSync(process.env["ROOST_BIN"]!, ["user", "create", "--username", admin.user.username, "--admin"]);
    return admin;
}

/** The text of the latest mail to somebody whose subject contains that, once it is there. */
export async function mailTo(person: Person, subject: string): Promise<string> {
    const mail = await eventually(`“${subject}” to ${person.user.username}`, async () => {
        const kept = await (await fetch(`${url}/dev/mail.json?to=${person.user.email}`)).json() as { results: { subject: string; text: string }[] };
        return kept.results.find((m) => m.subject.includes(subject));
    });
    return mail.text;
}

export function tokenIn(text: string): string {
    return /#token=([\w-]+)/.exec(text)![1]!;
}

export function euros(amount: number) {
    return { amount, currency: "EUR" };
}

export async function list(host: Person, changes: Schemas["PropertyChanges"] = {}) {
    return good(await host.client.POST("/api/v1/properties/", {
        body: {
            status: "listed",
            title: "Bright flat above the old harbour",
            property_type: "apartment",
            room_type: "entire_home",
            address: { line: "Rua da Bica 4", city: "Lisbon", country: "PT" },
            location: { latitude: 38.7139, longitude: -9.1334 },
            nightly_price: euros(12050),
            capacity: 4,
            amenities: ["wifi", "kitchen"],
            booking_mode: "instant",
            payment_mode: "on_arrival",
            ...changes,
        },
    }));
}

/** Books some nights that begin so many days ahead. */
export async function book(guest: Person, listing: { id: string }, ahead: number, nights = 3) {
    const stay = { check_in: clock.day(ahead), check_out: clock.day(ahead + nights), guests: 2 };
    const quote = good(await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path: { property_id: listing.id } }, body: stay }));
    return good(await guest.client.POST("/api/v1/bookings/", {
        params: { header: { "Idempotency-Key": randomUUID() } },
        body: { quote_id: quote.id },
    }));
}

/** Begins to pay for a booking. */
export async function begin(guest: Person, booking: { id: string }, provider: "sandbox" | "stripe" = "sandbox") {
    return good(await guest.client.POST("/api/v1/payments/", {
        params: { header: { "Idempotency-Key": randomUUID() } },
        body: { booking_id: booking.id, provider, method: "card" },
    }));
}

/** What a guest presses on the provider's page. */
export async function press(payment: Awaited<ReturnType<typeof begin>>, choice: string) {
    await pressOn(payment.next_action!.redirect_url!, choice);
}

export async function pressOn(address: string, choice: string) {
    const page = new URL(address, url);
    const shown = await fetch(page);
    assert.equal(shown.status, 200);
    assert.match(await shown.text(), new RegExp(`value="${choice}"`));
    const done = await fetch(page, { method: "POST", body: new URLSearchParams({ choice }) });
    assert.equal(done.status, 200, "the page shows what came of it");
}

/** The booking once it has that status, which time brings. */
export async function becomes(person: Person, booking: { id: string }, status: Schemas["BookingStatus"]) {
    return eventually(`the booking ${status}`, async () => {
        const seen = good(await person.client.GET("/api/v1/bookings/{booking_id}/", { params: { path: { booking_id: booking.id } } }));
        return seen.status === status && seen;
    });
}
