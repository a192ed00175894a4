/** The state directory between processes: one gateway has it, and a killed one leaves nothing that blocks the next. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { openState } from "../../src/change/state.ts";

const HOLDER = new URL("hold-state.ts", import.meta.url).pathname;

suite("openState: one gateway at a time", () => {
  test("another process is refused while the first lives, and told who has it", async (t) => {
    const folder = join(folderOf(t), "state");
    const { process: holder } = await hold(t, folder);
    const refusal = { code: "cannot-write", message: new RegExp(`process ${holder.pid ?? 0} has it`) };
    await assert.rejects(openState(folder), refusal);
  });

  test("killed, it blocks nobody: neither by its lock file, nor by a child that lives on", async (t) => {
    const folder = join(folderOf(t), "state");
    const { process: holder, child } = await hold(t, folder);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.equal(process.kill(child, 0), true, "its child is still there");
    await using state = await openState(folder);
    assert.equal(state.folder, folder);
  });

  test("given back, the same process may take it again, but not twice", async (t) => {
    const folder = join(folderOf(t), "state");
    {
      await using _state = await openState(folder);
      await assert.rejects(openState(folder), { code: "cannot-write", message: /has it/ });
    }
    await using _again = await openState(folder);
  });

  test("a process that inherits the descriptor holds the lock on when the first lets go", async (t) => {
    const folder = join(folderOf(t), "state");
    const state = await openState(folder);
    const heir = spawn("cat", { stdio: ["pipe", "ignore", "ignore", state.lock] });
    t.after(() => heir.kill());
    await once(heir, "spawn");
    await state[Symbol.asyncDispose]();
    await assert.rejects(openState(folder), /has it/);
    heir.stdin?.end();
    await once(heir, "exit");
    await using _after = await openState(folder);
  });

  test("the lock is the one that flock(1) takes, so that an operator can ask for it", async (t) => {
    const folder = join(folderOf(t), "state");
    await using _state = await openState(folder);
    const waiting = spawnSync("flock", ["-n", join(folder, "lock"), "true"]);
    assert.equal(waiting.status, 1);
  });
});

suite("openState: the folder", () => {
  test("is made for its owner only, with what it is under", async (t) => {
    const folder = join(folderOf(t), "a", "state");
    await using _state = await openState(folder);
    for (const path of [folder, join(folder, "history")]) assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, "lock")).mode & 0o777, 0o600);
  });

  test("closes one that was made empty for us, as systemd's StateDirectory is", async (t) => {
    const folder = folderOf(t);
    chmodSync(folder, 0o755);
    await using _state = await openState(folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  test("does not close one that holds somebody's files, such as a home named by mistake", async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, "letter"), "");
    chmodSync(folder, 0o755);
    await assert.rejects(openState(folder), { code: "cannot-write", message: /others may enter it \(mode 755\)/ });
    assert.equal(statSync(folder).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(folder), ["letter"]);
  });

  test("sweeps what killed writers left, in the history too", async (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, "history"), { mode: 0o700 });
    const name = `.x.${"ab".repeat(12)}.ecluse-tmp`;
    for (const path of [name, join("history", name)]) writeFileSync(join(folder, path), "");
    await using state = await openState(folder);
    assert.deepEqual(state.swept, [name, join("history", name)]);
    assert.deepEqual(readdirSync(join(folder, "history")), []);
  });

  test("that is a file is said to be one", async (t) => {
    const file = join(folderOf(t), "file");
    writeFileSync(file, "");
    await assert.rejects(openState(file), { code: "cannot-write" });
    unlinkSync(file);
  });
});

interface Holder {
  readonly process: ChildProcess;
  /** A process that the holder started. */
  readonly child: number;
}

async function hold(t: TestContext, folder: string): Promise<Holder> {
  const holder = spawn(process.execPath, ["--conditions=source", HOLDER, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => holder.kill("SIGKILL"));
  const [line] = (await once(holder.stdout, "data")) as [Buffer];
  const child = Number(line.toString().split(" ")[1]);
  t.after(() => process.kill(child));
  return { process: holder, child };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-state-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
