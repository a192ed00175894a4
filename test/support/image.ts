/**
 * The image of the rendered Dockerfile, built where no registry of images is reached: its base comes from debootstrap, and
 * what npm needs in the build comes from a cache that the same `npm ci` has filled outside.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Docker } from "./docker.ts";

const run = promisify(execFile);

const BASE = "local/base";
const NPM = "local/npm";

/** Kept for the next run: it takes half a minute of a processor, and the file is the same. */
const DEBIAN = join(tmpdir(), "ecluse-tests-bookworm.tar");

/** Builds `dockerfile` from this checkout under the name `image`. Takes about a minute. */
export async function buildImage(docker: Docker, image: string, dockerfile: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-image-"));
  try {
    await Promise.all([packDebian(), gatherNpm(folder)]);
    const packed = join(folder, "npm.tar");
    cpSync(DEBIAN, packed);
    await run("tar", ["--append", "--file", packed, "--directory", folder, "npm"]);
    await docker.import(DEBIAN, BASE);
    await docker.import(packed, NPM, ["ENV PATH=/npm/bin:/usr/sbin:/usr/bin:/sbin:/bin", OFFLINE]);
    const file = join(folder, "Dockerfile");
    writeFileSync(file, dockerfile);
    const bases = ["--build-arg", `BASE=${BASE}`, "--build-arg", `NPM=${NPM}`];
    await docker.run("build", "--network", "none", ...bases, "--tag", image, "--file", file, ".");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const OFFLINE = "ENV npm_config_offline=true npm_config_cache=/npm/cache";

/** In memory, in a mount namespace: no disk is waited for, and what debootstrap mounts never shows outside. */
const PACK = `
folder=$(mktemp --directory)
trap 'umount "$folder" && rmdir "$folder"' EXIT
mount -t tmpfs none "$folder"
debootstrap --variant=minbase bookworm "$folder"
tar --create --file "$1.$$" --directory "$folder" .
mv "$1.$$" "$1"
`;

async function packDebian(): Promise<void> {
  if (!existsSync(DEBIAN)) await run("unshare", ["--mount", "bash", "-ec", PACK, "pack", DEBIAN]);
}

/** `npm/`: what the build's npm needs, this Node, the machine's npm, and a cache that is full. */
async function gatherNpm(folder: string): Promise<void> {
  const [bin, modules] = [join(folder, "npm/bin"), join(folder, "npm/lib/node_modules")];
  for (const needed of [bin, modules]) mkdirSync(needed, { recursive: true });
  cpSync(process.execPath, join(bin, "node"), { dereference: true });
  const { stdout } = await run("npm", ["root", "--global"]);
  cpSync(join(stdout.trim(), "npm"), join(modules, "npm"), { recursive: true, verbatimSymlinks: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(bin, "npm"));
  await fillCache(join(folder, "checkout"), join(folder, "npm/cache"));
}

const PACKAGES = ["package.json", "packages/guard/package.json", "tools/runtime/package.json"];

async function fillCache(checkout: string, cache: string): Promise<void> {
  for (const file of [...PACKAGES, "package-lock.json", ".npmrc"]) cpSync(file, join(checkout, file));
  await run("npm", ["ci", "--omit=dev", "--cache", cache], { cwd: checkout });
}
