/** Writes docs/openapi.json from the table of routes: `npm run openapi`. */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { openapi } from "../src/control/openapi.ts";

const file = new URL("../docs/openapi.json", import.meta.url);
writeFileSync(file, await format(JSON.stringify(openapi()), { parser: "json", printWidth: 120 }));
