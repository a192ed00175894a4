/**
 * The journal's thread begins here, in plain JavaScript: with the program's compile cache turned on for the thread too,
 * the code that strips types is not loaded a second time (17 MB less).
 */
import { enableCompileCache } from "node:module";

if (process.env["NODE_COMPILE_CACHE"] !== undefined) enableCompileCache();
await import("./thread.ts");
