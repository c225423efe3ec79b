// Writes src/core/time_zone_table.inc and tests/data/time_zones.csv from the npm package
// @photostructure/tz-lookup (CC0-1.0; its boundaries come from OpenStreetMap's timezone-boundary-builder, ODbL):
//     npm install --no-save @photostructure/tz-lookup && node tools/make_time_zone_table.mjs
// The package is one function holding a text (the tree) and an array (the names); the table is both, as C++.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(`${process.cwd()}/`);
const file = require.resolve("@photostructure/tz-lookup");
const version = JSON.parse(readFileSync(file.replace(/[^/]*$/, "package.json"))).version;
const source = readFileSync(file, "utf8");
const tree = source.match(/"([#-Z]{2304,})"/)[1];
const names = JSON.parse(source.match(/\["Africa\/[^\]]*\]/)[0]);
if (new Set(names).size !== names.length) throw new Error("names repeat: the package changed its shape");

const chunks = tree.match(/.{1,112}/g).map((line) => `    "${line}"`);
writeFileSync(
  "src/core/time_zone_table.inc",
  `// Made by tools/make_time_zone_table.mjs from @photostructure/tz-lookup ${version}; do not edit.
constexpr std::string_view tree =
${chunks.join("\n")};

constexpr std::string_view names[] = {
${names.map((name) => `    "${name}",`).join("\n")}
};
`,
);

// Vectors: random points (uniform over the sphere, fixed seed), the edges of the world, and all corners of cells.
const lookup = require("@photostructure/tz-lookup");
let state = 12345;
const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
const points = [];
for (let i = 0; i < 5200; ++i) {
  const latitude = (Math.asin(2 * random() - 1) * 180) / Math.PI;
  points.push([latitude.toFixed(4), (360 * random() - 180).toFixed(4)]);
}
for (const latitude of [-90, -89.9999, -82.5, 0, 7.5, 45, 89.9999, 90])
  for (const longitude of [-180, -179.9999, -172.5, 0, 7.5, 100.25, 179.9999, 180]) points.push([latitude, longitude]);
const rows = points.map(([latitude, longitude]) => `${latitude},${longitude},${lookup(+latitude, +longitude)}`);
writeFileSync("tests/data/time_zones.csv", `${rows.join("\n")}\n`);
