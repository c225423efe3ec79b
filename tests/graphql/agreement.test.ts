import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { buildSchema, GraphQLError, type GraphQLSchema, parse, print, specifiedRules, stripIgnoredCharacters, validate } from "graphql";
import { broken, randomDocument } from "./documents.js";

const root = join(import.meta.dirname, "..", "..", "..");
const program = join(process.env["ROOST_BUILD_DIR"] ?? join(root, "build", "release"), "tests", "graphql_verdicts");
const documents = Number(process.env["ROOST_GRAPHQL_DOCUMENTS"] ?? 12_000);

/** What is said of a document: how far it came, which rules it breaks, and where each error is. */
type Verdict = { phase: "syntax" | "invalid" | "valid"; rules: string[]; places: string[]; printed?: string };

const places = (errors: readonly GraphQLError[]): string[] =>
    errors.map((e) => (e.locations ?? []).map((l) => `${l.line}:${l.column}`).join(" ")).sort();

function verdictOfReference(schema: GraphQLSchema, text: string): Verdict {
    try {
        const document = parse(text, { allowEmptySelectionSets: false });
        const printed = stripIgnoredCharacters(print(document));
        const errors = validate(schema, document, specifiedRules, { maxErrors: 1_000 });
        if (errors.length === 0) return { phase: "valid", rules: [], places: [], printed };
        const rules = specifiedRules.filter((rule) => validate(schema, document, [rule]).length > 0);
        return { phase: "invalid", rules: rules.map((r) => r.name.replace(/Rule$/, "")).sort(), places: places(errors), printed };
    } catch (error) {
        assert.ok(error instanceof GraphQLError, String(error));
        return { phase: "syntax", rules: [], places: places([error]) };
    }
}

async function verdictsOfOurs(sdl: string, texts: string[]): Promise<Verdict[]> {
    const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    const verdicts: Verdict[] = [];
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const read = (async () => {
        for await (const line of createInterface(child.stdout)) verdicts.push(JSON.parse(line) as Verdict);
    })();
    child.stdin.write(`${JSON.stringify(sdl)}\n`);
    for (const text of texts)
        if (!child.stdin.write(`${JSON.stringify(text)}\n`)) await new Promise((resolve) => child.stdin.once("drain", resolve));
    child.stdin.end();
    await read;
    assert.equal(await ended, 0);
    return verdicts;
}

const schemas: [string, string][] = ["validation", "execution"]
    .map((name) => join(root, "tests", "data", "graphql", `${name}.json`))
    .filter(existsSync)
    .map((file) => [file, (JSON.parse(readFileSync(file, "utf8")) as { schema: string }).schema]);
const contract = join(root, "contract", "schema.graphql");
if (existsSync(contract)) schemas.push([contract, readFileSync(contract, "utf8")]);

for (const [index, [name, sdl]] of schemas.entries())
    test(`random documents get the same verdict from both: ${name.slice(root.length + 1)}`, async () => {
        const schema = buildSchema(sdl);
        const texts = Array.from({ length: Math.ceil(documents / schemas.length) }, (_, i) => {
            const seed = (index + 1) * 1_000_003 + i;
            const text = randomDocument(schema, seed);
            return i % 2 === 0 ? text : broken(text, schema, seed);
        });
        const ours = await verdictsOfOurs(sdl, texts);
        assert.equal(ours.length, texts.length);
        const counts = { syntax: 0, invalid: 0, valid: 0 };
        const rules = new Set<string>();
        let differences = 0;
        for (const [i, text] of texts.entries()) {
            const theirs = verdictOfReference(schema, text);
            counts[theirs.phase]++;
            for (const rule of theirs.rules) rules.add(rule);
            try {
                assert.deepEqual(ours[i], theirs);
            } catch (error) {
                if (++differences <= 10) console.error(`${text}\nours   ${JSON.stringify(ours[i])}\ntheirs ${JSON.stringify(theirs)}\n`);
            }
        }
        console.log(`${texts.length} documents: ${JSON.stringify(counts)}, ${rules.size} rules broken: ${[...rules].sort().join(" ")}`);
        assert.equal(differences, 0);
        assert.ok(counts.valid > texts.length / 10 && counts.invalid > texts.length / 10 && counts.syntax > 0, JSON.stringify(counts));
    });
