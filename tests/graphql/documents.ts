import {
    doTypesOverlap, getNamedType, getNullableType, GraphQLBoolean, type GraphQLArgument, type GraphQLCompositeType, type GraphQLInputType,
    GraphQLNonNull, type GraphQLObjectType, type GraphQLSchema, isCompositeType, isEnumType,
    isInputObjectType, isListType, isNonNullType, isRequiredArgument, isRequiredInputField, isUnionType,
} from "graphql";
import { Random } from "./random.js";

/** Writes one random document, valid but for what is random about it. */
class Writer {
    readonly #random: Random;
    readonly #schema: GraphQLSchema;
    readonly #composites: GraphQLCompositeType[];
    readonly #variables = new Map<string, { type: GraphQLInputType; text: string }>();
    readonly #fragments: string[] = [];

    constructor(schema: GraphQLSchema, random: Random) {
        this.#random = random;
        this.#schema = schema;
        this.#composites = Object.values(schema.getTypeMap()).filter(isCompositeType).filter((t) => !t.name.startsWith("__"));
    }

    document(): string {
        const r = this.#random;
        const roots: [string, GraphQLObjectType | null | undefined, number][] = [
            ["subscription", this.#schema.getSubscriptionType(), 0.04],
            ["mutation", this.#schema.getMutationType(), 0.1],
        ];
        const [keyword, root] = roots.find(([, type, share]) => type && r.chance(share)) ?? ["query", this.#schema.getQueryType()];
        const body = this.#selections(root as GraphQLObjectType, 3, keyword === "subscription" ? 1 : 3);
        const variables = [...this.#variables.values()].map((v) => v.text).join(", ");
        const named = variables !== "" || keyword !== "query" || r.chance(0.3);
        const operation = named ? `${keyword} Q${variables === "" ? "" : `(${variables})`}${this.#directives(keyword)} ${body}` : body;
        const more = r.chance(0.03) ? "\nquery R { __typename }" : "";
        return `${operation}\n${this.#fragments.join("\n")}${more}`;
    }

    #literal(type: GraphQLInputType, depth = 0, variables = true): string {
        const r = this.#random;
        if (variables && depth > 0 && r.chance(0.08)) return this.#variable(type);
        if (isNonNullType(type)) return this.#literal(type.ofType, depth, variables);
        if (!isListType(type) && r.chance(0.04)) return "null";
        if (isListType(type))
            return r.chance(0.2)
                ? this.#literal(type.ofType, depth + 1, variables)
                : `[${r.some(() => this.#literal(type.ofType, depth + 1, variables), 2).join(", ")}]`;
        if (isEnumType(type)) return r.pick(type.getValues()).name;
        if (isInputObjectType(type)) {
            const all = Object.values(type.getFields());
            const fields = type.isOneOf ? [r.pick(all)] : all.filter((f) => isRequiredInputField(f) || (depth < 2 && r.chance(0.4)));
            const wanted = (t: GraphQLInputType) => (type.isOneOf ? new GraphQLNonNull(getNullableType(t)) : t);
            return `{${fields.map((f) => `${f.name}: ${this.#literal(wanted(f.type), depth + 1, variables)}`).join(", ")}}`;
        }
        switch (type.name) {
            case "Int": return String(r.below(200) - 50);
            case "Float": return r.pick(["1", "-2.5", "1e3", "0.25"]);
            case "Boolean": return r.pick(["true", "false"]);
            case "ID": return r.pick(["1", '"x"', '"42"']);
            case "String": return r.pick(['""', '"a b"', '"\\u00e9\\n"', '"""block\n  text"""']);
            default: return r.pick(['"s"', "5", "{k: [1, null]}", "E"]);
        }
    }

    #variable(type: GraphQLInputType): string {
        const r = this.#random;
        const known = [...this.#variables.keys()];
        if (known.length > 0 && r.chance(0.3)) return `$${r.pick(known)}`;
        const name = `v${known.length}`;
        const given = r.chance(0.1) && isNonNullType(type) ? type.ofType : type;
        const preset = r.chance(0.2) ? ` = ${this.#literal(given, 1, false)}` : "";
        this.#variables.set(name, { type, text: `$${name}: ${String(given)}${preset}` });
        return `$${name}`;
    }

    #value(type: GraphQLInputType): string {
        return this.#random.chance(0.25) ? this.#variable(type) : this.#literal(type);
    }

    #arguments(definitions: readonly GraphQLArgument[]): string {
        const given = definitions.filter((a) => isRequiredArgument(a) || this.#random.chance(0.35));
        return given.length === 0 ? "" : `(${given.map((a) => `${a.name}: ${this.#value(a.type)}`).join(", ")})`;
    }

    #directives(place: string): string {
        const r = this.#random;
        if (!r.chance(0.08)) return "";
        const custom = this.#schema.getDirectives().filter((d) => (d.locations as readonly string[]).includes(place.toUpperCase()));
        const boolean = new GraphQLNonNull(GraphQLBoolean);
        const d = custom.length > 0 ? r.pick(custom) : undefined;
        if (d) return ` @${d.name}${this.#arguments(d.args)}`;
        return ` @${r.pick(["skip", "include"])}(if: ${this.#value(boolean)})`;
    }

    #field(parent: GraphQLCompositeType, depth: number): string {
        const r = this.#random;
        if (isUnionType(parent)) return "__typename";
        const f = r.pick(Object.values(parent.getFields()));
        const named = getNamedType(f.type);
        if (isCompositeType(named) && depth <= 0) return "__typename";
        const alias = r.chance(0.25) ? `${r.pick(["a", "b", "c"])}: ` : "";
        const below = isCompositeType(named) ? ` ${this.#selections(named, depth - 1)}` : "";
        return `${alias}${f.name}${this.#arguments(f.args)}${this.#directives("field")}${below}`;
    }

    #selections(parent: GraphQLCompositeType, depth: number, most = 3): string {
        const r = this.#random;
        const overlapping = () => r.pick(this.#composites.filter((c) => doTypesOverlap(this.#schema, parent, c)));
        const parts = Array.from({ length: 1 + r.below(most) }, () => {
            const roll = r.next();
            if (roll < 0.12 && depth > 0) {
                if (r.chance(0.2)) return `...${this.#directives("inline_fragment")} ${this.#selections(parent, depth - 1)}`;
                const on = overlapping();
                return `... on ${on.name}${this.#directives("inline_fragment")} ${this.#selections(on, depth - 1)}`;
            }
            if (roll < 0.24 && depth > 0 && this.#fragments.length < 4) {
                const on = overlapping();
                const name = `F${this.#fragments.length}`;
                const slot = this.#fragments.push("") - 1;
                this.#fragments[slot] = `fragment ${name} on ${on.name}${this.#directives("fragment_definition")} ${this.#selections(on, depth - 1)}`;
                return `...${name}${this.#directives("fragment_spread")}`;
            }
            if (roll < 0.27 && this.#fragments.length > 0) return `...F${r.below(this.#fragments.length)}`;
            if (roll > 0.96 && parent === this.#schema.getQueryType()) return "__schema { types { name kind fields { name } } }";
            return roll > 0.93 ? "__typename" : this.#field(parent, depth);
        });
        return `{ ${parts.join(" ")} }`;
    }
}

export function randomDocument(schema: GraphQLSchema, seed: number): string {
    return new Writer(schema, new Random(seed)).document();
}

const tokens = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\s+|[^]/g;
const otherNames = ["id", "title", "name", "price", "a", "nope", "on", "true", "null", "Q", "F0", "F1", "skip", "include", "first", "__typename", "__schema"];
const punctuators = ["{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "...", "=", "&", "|", '"', "#", ",", "\n", "-", "1", "1.5", '"s"', '"""'];
const literals = ["1", "-7", "1.5", '"s"', "true", "null", "EUR", "[]", "[1]", "{}", "{id: 1}", "{id: 1, id: 2}", "$v0", "$zz"];
const directives = ["skip", "include(if: true)", "onField", 'tag(name: "x")', "nope", "include(if: true) @include(if: true)"];

/** Breaks a document in one or two places: most often its names and values, so that it still parses and is judged by the rules. */
export function broken(document: string, schema: GraphQLSchema, seed: number): string {
    const r = new Random(seed ^ 0x9e3779b9);
    const parts: string[] = document.match(tokens) ?? [];
    const names = [...Object.keys(schema.getTypeMap()), ...otherNames];
    const isName = (t: string) => /^[A-Za-z_]/.test(t);
    const isLiteral = (t: string) => /^(?:"|-?\d|true$|false$|null$)/.test(t);
    const place = (fits: (t: string) => boolean): number => {
        const places = parts.flatMap((t, i) => (fits(t) ? [i] : []));
        return places.length > 0 ? r.pick(places) : r.below(parts.length);
    };
    for (let n = 1 + r.below(2); n > 0; n--) {
        const roll = r.next();
        if (roll < 0.5) parts[place(isName)] = r.pick(names);
        else if (roll < 0.68) parts[place(isLiteral)] = r.pick(literals);
        else if (roll < 0.76) {
            const i = place(isName), j = place(isName);
            [parts[i], parts[j]] = [parts[j] as string, parts[i] as string];
        } else if (roll < 0.82) parts[place((t) => t === "}")] = ` ${r.pick(names)} }`;
        else if (roll < 0.88) parts.splice(place((t) => t === "}" || isName(t)), 0, ` @${r.pick(directives)} `);
        else {
            const i = place((t) => /\S/.test(t));
            if (r.chance(0.4)) parts.splice(i, 1);
            else if (r.chance(0.3)) parts.splice(i, 0, parts[i] as string, " ");
            else parts[i] = r.pick(punctuators);
        }
    }
    return parts.join("");
}
