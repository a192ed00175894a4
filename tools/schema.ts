/** Writes schema/inventory.json from the inventory's schema: `npm run schema`. */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { jsonSchema } from "../src/inventory/schema.ts";

const file = new URL("../schema/inventory.json", import.meta.url);
writeFileSync(file, await format(JSON.stringify(jsonSchema()), { parser: "json", printWidth: 120 }));
