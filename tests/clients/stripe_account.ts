import Stripe from "stripe";

function setting(name: string): string {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run \`./dev test clients\``);
    return value;
}

const base = new URL(setting("ROOST_STRIPE_API_BASE"));
const webhookSecrets = setting("ROOST_STRIPE_WEBHOOK_SECRETS");

/** What signs events. */
export const webhookSecret = webhookSecrets;

/** Stripe's own client of the account by which the server is paid. */
export const stripe = new Stripe(setting("ROOST_STRIPE_SECRET_KEY"), {
    host: base.hostname, port: base.port, protocol: "http", maxNetworkRetries: 2, telemetry: false,
});

/** The next request that is "METHOD /path" fails, before it has an effect or after it. */
export async function failNext(how: { pattern: string, status: number, after: boolean, body?: string }) {
    const reply = await fetch(new URL("/simulator/fail", base), { method: "POST", body: JSON.stringify(how) });
    if (!reply.ok) throw new Error(`the simulator says ${reply.status}`);
}
