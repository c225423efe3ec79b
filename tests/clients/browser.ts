import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";

export const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const pictures = join(import.meta.dirname, "..", "..", "..", "build", "clients");

/** A headless Chromium that asks nobody for anything by itself. */
export async function launch(): Promise<Browser> {
    mkdirSync(pictures, { recursive: true });
    return chromium.launch({
        executablePath: process.env["ROOST_CHROMIUM"] ?? "/usr/bin/chromium-headless-shell",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}

/** Where a screenshot of that name is kept. */
export function picture(name: string): string {
    return join(pictures, `${name}.png`);
}

/** Whether something reaches beyond the edge of the screen. */
export async function scrollsSideways(page: Page): Promise<boolean> {
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth");
}
