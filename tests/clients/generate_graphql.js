// Types of the schema and typed documents, from contract/schema.graphql and the operations of stays.graphql.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const [schema, asked] = await Promise.all(["../../contract/schema.graphql", "stays.graphql"].map((file) => readFile(new URL(file, import.meta.url), "utf8")));
const text = { input: "string", output: "string" };
const made = await codegen({
    filename: "graphql.ts",
    schema: parse(schema),
    documents: [{ location: "stays.graphql", document: parse(asked) }],
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: { operations, documents },
    config: {
        scalars: { Int64: { input: "number", output: "number" }, Currency: text, Date: text, DateTime: text, TimeZone: text },
        strictScalars: true,
        useTypeImports: true,
    },
});
await mkdir(new URL("generated", import.meta.url), { recursive: true });
await writeFile(new URL("generated/graphql.ts", import.meta.url), made);
