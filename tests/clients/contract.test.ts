import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { url } from "./server.js";

const run = promisify(execFile);

async function lint(contract: object): Promise<{ totals: { errors: number; warnings: number }; problems: { severity: string; message: string; ruleId: string }[] }> {
    const folder = await mkdtemp(join(tmpdir(), "roost-lint-"));
    try {
        const file = join(folder, "openapi.json");
        await writeFile(file, JSON.stringify(contract));
        const redocly = join(import.meta.dirname, "..", "node_modules", ".bin", "redocly");
        const environment = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
        const options = { env: environment, cwd: join(import.meta.dirname, ".."), maxBuffer: 1 << 26 };
        const done = await run(redocly, ["lint", "--format=json", "--max-problems=1000", file], options).catch((e) => e);
        return JSON.parse(done.stdout);
    } finally {
        await rm(folder, { recursive: true });
    }
}

const served = await (await fetch(`${url}/openapi.json`)).json() as any;

test("the contract passes the linter without errors", async () => {
    const report = await lint(served);
    const errors = report.problems.filter((p) => p.severity === "error").map((p) => `${p.ruleId}: ${p.message}`);
    assert.deepEqual(errors, []);
});

test("the linter would notice a broken contract", async () => {
    const broken = structuredClone(served);
    const [path] = Object.keys(broken.paths);
    broken.paths[path!] = { get: { responses: { 200: { description: "x", content: { "application/json": { schema: { $ref: "#/components/schemas/Nothing" } } } } } } };
    assert.notEqual((await lint(broken)).totals.errors, 0);
});

/** Whether the schema, or one it is made of, gives an example. */
function hasExample(schema: any, seen: string[] = []): boolean {
    if (schema.examples) return true;
    const name = schema.$ref?.split("/").at(-1);
    if (name) return !seen.includes(name) && hasExample(served.components.schemas[name], [...seen, name]);
    const inner = [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])];
    return inner.some((s) => hasExample(s, seen));
}

test("every operation says what it does, and bodies give examples", () => {
    let bodies = 0;
    for (const [path, methods] of Object.entries<any>(served.paths))
        for (const [method, operation] of Object.entries<any>(methods)) {
            assert.ok(operation.summary && operation.operationId && operation.tags?.length, `${method} ${path}`);
            assert.ok(Object.keys(operation.responses).length > 1, `${method} ${path} lists its failures`);
            for (const content of Object.values<any>(operation.requestBody?.content ?? {})) {
                bodies += 1;
                assert.ok(hasExample(content.schema), `${method} ${path} has no example of its body`);
            }
        }
    assert.ok(bodies > 30 && !hasExample({ type: "object", properties: { name: { type: "string" } } }));
});
