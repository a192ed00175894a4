/**
 * Every file of the page, in a table that is made once: what a request names is looked up, and no path is ever made of it.
 */
import { globSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Content } from "./answer.ts";
import { stripTypes } from "./strip-types.ts";

/** The page's own folder. */
export const PAGE = fileURLToPath(new URL("../page", import.meta.url));

/** What the page imports by name, and what stands there. */
const LIBRARIES: Readonly<Record<string, { readonly path: string; readonly file: string }>> = {
  preact: { path: "/lib/preact.js", file: "preact" },
  "preact/hooks": { path: "/lib/preact-hooks.js", file: "preact/hooks" },
  // Its package has no `exports`, and its main file is CommonJS: a browser needs the module beside it.
  uplot: { path: "/lib/uplot.js", file: "uplot/dist/uPlot.esm.js" },
};

const STYLES = { path: "/lib/uplot.css", file: "uplot/dist/uPlot.min.css" };

const TYPES: Readonly<Record<string, string>> = {
  ".ts": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
};

/** Kept by nobody without asking: a new version of the program has a new page. */
const FRESH = { "cache-control": "no-cache" };

export interface PageFiles {
  /** By the exact path of a request. */
  readonly files: ReadonlyMap<string, Content>;
  /** What every page of the dashboard begins with: it holds no data. */
  readonly shell: Content;
}

/** Throws where the page cannot be read: that is a broken installation. */
export function readPage(folder = PAGE): PageFiles {
  const own = globSync(["**/*.ts", "**/*.css", "**/*.svg"], { cwd: folder, exclude: ["**/*.test.ts"] });
  const libraries = Object.values(LIBRARIES).map(({ path, file }) => [path, script(library(file))] as const);
  const files = new Map<string, Content>([
    ...own.map((name) => [`/page/${name}`, pageFile(join(folder, name))] as const),
    ...libraries,
    [STYLES.path, { type: TYPES[".css"] ?? "", body: library(STYLES.file), headers: FRESH }],
  ]);
  const icon = files.get("/page/favicon.svg");
  if (icon !== undefined) files.set("/favicon.svg", icon);
  return { files, shell: pageFile(join(folder, "index.html")) };
}

function pageFile(file: string): Content {
  const text = readFileSync(file, "utf8");
  const ending = extname(file);
  return ending === ".ts" ? script(stripTypes(text)) : { type: TYPES[ending] ?? "", body: text, headers: FRESH };
}

function script(source: string): Content {
  return { type: TYPES[".ts"] ?? "", body: withPaths(source), headers: FRESH };
}

/** A browser knows no packages: each name becomes the path that it is served under. */
export function withPaths(source: string): string {
  return source.replaceAll(/\b(from|import)(\s*)"([a-z/]+)"/g, (whole, word: string, space: string, name: string) => {
    const path = LIBRARIES[name]?.path;
    return path === undefined ? whole : `${word}${space}"${path}"`;
  });
}

function library(name: string): string {
  // The map of its sources is not served; a browser that looks for it would only log that.
  return readFileSync(fileURLToPath(import.meta.resolve(name)), "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
}
