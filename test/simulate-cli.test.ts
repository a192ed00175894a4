/** `ecluse simulate` as a program: its lines, its errors and its end. */
import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { suite, test } from "node:test";
import type { Invocation } from "../src/cli/command.ts";
import { run } from "../src/cli/commands/simulate.ts";
import { SimulatedTerminal } from "../src/simulate/terminal.ts";
import { pay } from "../src/simulate/till.ts";

const MAIN = new URL("../src/cli/main.ts", import.meta.url).pathname;

interface Running extends AsyncDisposable {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** The next line of its output. */
  readonly line: () => Promise<string>;
  /** Every further line, until its output ends. */
  readonly rest: () => Promise<readonly string[]>;
}

function simulate(...words: readonly string[]): Running {
  const command = ["--conditions=source", MAIN, "simulate", ...words];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const next = await lines.next();
      assert.ok(!next.done, "the output has ended");
      return next.value;
    },
    rest: async () => {
      const rest: string[] = [];
      for await (const line of { [Symbol.asyncIterator]: () => lines }) rest.push(line);
      return rest;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

suite("ecluse simulate", () => {
  test("--json prints one object per event and ends with 0 on SIGTERM", async () => {
    await using running = simulate("--listen", "127.17.3.10:0", "--behaviour", "decline", "--delay", "10ms", "--json");
    const first = parsed(await running.line());
    const { port } = first;
    assert.ok(typeof port === "number" && typeof first["time"] === "string");
    const terminal = `127.17.3.10:${port}`;
    const listening = { event: "listening", address: "127.17.3.10", port, behaviour: "decline" };
    assert.deepEqual(first, { time: first["time"], terminal, ...listening });

    const result = await pay({ host: "127.17.3.10", port, amountCents: 123_456, quiet: 20 });
    assert.equal(result.kind, "declined");
    const events = [await running.line(), await running.line(), await running.line(), await running.line()];
    assert.deepEqual(
      events.map((line) => parsed(line)["event"]),
      ["connection", "request", "answered", "closed"],
    );
    assert.ok(!events.join("").includes("123456"));

    const exited = once(running.process, "exit");
    running.process.kill("SIGTERM");
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(await running.rest(), []);
  });

  test("several terminals at once; SIGINT resets the sessions in progress and ends with 0", async () => {
    await using running = simulate("--listen", "127.17.3.11:0,127.17.3.12:0", "--behaviour", "silent");
    const lines = [await running.line(), await running.line()];
    const [, second] = lines.map((line) =>
      Number(/^\d\d:\d\d:\d\d\.\d{3} {2}\S+ {2}listening on \S+:(\d+);/.exec(line)?.[1]),
    );
    const paying = pay({ host: "127.17.3.12", port: Number(second), amountCents: 100 });
    await running.line();
    assert.match(await running.line(), / {2}127\.17\.3\.12:\d+ {2}session 1: payment request, 55 bytes$/);
    const exited = once(running.process, "exit");
    running.process.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
    const result = await paying;
    assert.ok(result.kind === "refused");
    assert.equal(result.code, "ECONNRESET");
    assert.match((await running.rest()).join(), /session 1: reset by the terminal, 55 bytes received, 0 sent$/);
  });

  test("a SELECTOR stands in for the inventory's terminals, under their names", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "ecluse-"));
    const file = await writeInventory(folder.path);
    await using running = simulate("depot22", "--inventory", file, "--json");
    const [first, second] = [parsed(await running.line()), parsed(await running.line())];
    const there = ({ terminal, address, port }: Record<string, unknown>): unknown[] => [terminal, address, port];
    assert.deepEqual(there(first), ["depot22-tpe01", "127.18.22.10", 8888]);
    assert.deepEqual(there(second), ["depot22-tpe02", "127.18.22.11", 8888]);
  });

  test("a SELECTOR that names no terminal is an error with the nearest", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "ecluse-"));
    const inventory = await writeInventory(folder.path);
    for (const selector of ["22/3", "depot23", "service/api", "70000"]) {
      await assert.rejects(run({ ...invocation({ inventory }), operands: [selector] }), {
        code: "no-such-flow",
        message: `Cannot simulate "${selector}": no terminal of the inventory has that name`,
      });
    }
  });

  test("an inventory with errors is shown and refused", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "ecluse-"));
    const file = await writeInventory(folder.path, "nonsense: 1");
    let shown = "";
    const { io, options } = invocation({ inventory: file });
    const refusing = run({ options, operands: ["22/1"], io: { ...io, err: (text) => void (shown += text) } });
    await assert.rejects(refusing, { code: "inventory-refused" });
    assert.match(shown, /nonsense/);
  });

  test("a port that is taken is an error", async () => {
    await using terminal = await SimulatedTerminal.start({ address: "127.17.3.13", port: 0 });
    await assert.rejects(run(invocation({ listen: `127.17.3.13:0,127.17.3.13:${terminal.port}` })), {
      code: "cannot-listen",
      message: `Cannot listen on 127.17.3.13:${terminal.port}: address already in use`,
    });
    assert.equal(process.listenerCount("SIGTERM"), 0);
  });

  const refused: readonly (readonly [Invocation["options"], string])[] = [
    [{ listen: "localhost:8888" }, 'Cannot listen on "localhost:8888": no address and port'],
    [{ listen: "127.0.0.1" }, 'Cannot listen on "127.0.0.1": no address and port'],
    [{ listen: "127.0.0.1:65536" }, 'Cannot listen on "127.0.0.1:65536": no address and port'],
    [{ listen: "127.0.0.1:08888" }, 'Cannot listen on "127.0.0.1:08888": no address and port'],
    [{ listen: "127.0.0.01:8888" }, 'Cannot listen on "127.0.0.01:8888": no address and port'],
    [{ listen: "127.0.0.1:8888," }, 'Cannot listen on "": no address and port'],
    [{ behaviour: "toString" }, 'Cannot simulate "toString": there is no such behaviour'],
    [{ delay: "181s" }, 'Cannot wait for a customer "181s": no such delay'],
    [{ delay: "2" }, 'Cannot wait for a customer "2": no such delay'],
    [{ inventory: "ecluse.yaml" }, "Cannot simulate an inventory without a SELECTOR"],
  ];
  for (const [options, message] of refused) {
    test(message, async () => {
      await assert.rejects(run(invocation(options)), { code: "usage", message });
    });
  }

  test("a SELECTOR and --listen exclude each other", async () => {
    const both = { ...invocation({ listen: "127.0.0.1:8888" }), operands: ["22/1"] };
    await assert.rejects(run(both), { code: "usage" });
  });
});

function invocation(options: Invocation["options"]): Invocation {
  const io = { out: () => undefined, err: () => undefined, colour: false, env: {}, line: [] };
  return { operands: [], options, io };
}

/** Two terminals on loopback, which an inventory may have by exception only. */
async function writeInventory(folder: string, more = ""): Promise<string> {
  const file = join(folder, "ecluse.yaml");
  await writeFile(file, INVENTORY + more);
  return file;
}

const INVENTORY = `
gateway:
  address: 127.0.0.1
  terminals: { network: 127.18.0.0/16, firstHost: 10, port: 8888 }
sources:
  till: { addresses: [127.0.0.1] }
depots:
  22: { allow: [till], terminals: 2 }
exceptions:
  - { rule: terminal-on-loopback, on: depot22-tpe01, reason: simulated }
  - { rule: terminal-on-loopback, on: depot22-tpe02, reason: simulated }
`;
