/** `ecluse demo`: what a newcomer sees, and how it ends. In a network of its own where root may make one. */
import assert from "node:assert/strict";
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, suite, test } from "node:test";
import { until } from "../support/loopback.ts";
import { Host } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { type Program, commandLine, follow } from "../serve/serving.ts";

let host: Host | undefined;
before(async () => {
  // The demo's ports are fixed: another demo on this machine shall not disturb this one.
  if (needs(["iproute2"], { root: true }) === false) host = await Host.create("demo");
});
after(() => host?.[Symbol.asyncDispose]());

interface Watched extends Program {
  readonly output: () => string;
  readonly lines: () => readonly string[];
}

function run(program: string, words: readonly string[], stdio: StdioOptions = ["ignore", "pipe", "pipe"]): Watched {
  const prefix = host === undefined ? [] : ["nsenter", `--net=/proc/${host.pid}/ns/net`, "--"];
  const [first = "", ...rest] = [...prefix, program, ...words];
  const child: ChildProcess = spawn(first, rest, { stdio });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk.replaceAll("\r\n", "\n")));
  return { ...follow(child), output: () => output, lines: () => output.split("\n").slice(0, -1) };
}

function demo(...words: readonly string[]): Watched {
  return run(process.execPath, commandLine(["demo", ...words]));
}

/** In a terminal of its own (util-linux's script), with the state of that terminal printed before and after. */
function demoInTerminal(): Watched {
  const line = [process.execPath, ...commandLine(["demo"])].map((word) => `'${word}'`).join(" ");
  const command = `stty -g; ${line}; echo "exit $?"; stty -g`;
  return run("script", ["-qefc", command, "/dev/null"], ["pipe", "pipe", "pipe"]);
}

const ACCEPTED = /till +depot01-tpe01: payment accepted after \d\.\d s/;
const REFUSED = /stranger +knocks at 127\.0\.0\.1:12202: connection refused \(ECONNRESET\); no terminal heard of it/;
const OPENED = /gateway +open its dashboard: (http:\/\/127\.0\.0\.1:8080\/)#token=([\w-]{43})$/m;
const ENDED = /^The demo has ended: \d+ payments? accepted(, \d+ not)?; the stranger knocked \d+ times?\.$/;

suite("ecluse demo", { timeout: 280_000 }, () => {
  test("a payment is accepted and a stranger refused within ten seconds; each line says whose it is", async () => {
    const began = performance.now();
    await using shown = demo("--for", "8s");
    await until(() => ACCEPTED.test(shown.output()) && REFUSED.test(shown.output()), "both");
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(await shown.exited, [0, null]);
    assert.equal(shown.errors(), "");
    const [introduction = "", ...rest] = shown.output().split("\n\n").toReversed().slice(0, 1);
    assert.deepEqual(rest, []);
    const lines = introduction.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d {2}gateway {3}ready: 5 doors open$/);
    assert.match(lines.at(-1) ?? "", /^\d\d:\d\d:\d\d {2}The demo has ended: /);
    for (const line of lines.slice(0, -1)) assert.match(line, /^\d\d:\d\d:\d\d {2}(gateway|till|stranger) +\S/);
    assert.ok(lines.some((line) => / gateway +closed +depot01-tpe01 {2}127\.20\.0\.7 as till, /.test(line)));
    assert.ok(lines.some((line) => / gateway +refused +depot22-tpe02 {2}127\.66\.6\.6: not-listed$/.test(line)));
    assert.doesNotMatch(shown.output(), /drained|stopping|\u001b/);
    for (const voice of ["till", "stranger", "gateway"])
      assert.match(shown.output(), new RegExp(`^ {2}${voice} `, "m"));
  });

  test("--json: one object per line, with the same in it", async () => {
    await using shown = demo("--json", "--for", "6s", "--no-dashboard");
    assert.deepEqual(await shown.exited, [0, null]);
    await until(() => shown.output().includes('"ended"'), "the last line");
    const events = shown.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { time } of events) assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
    const kinds = new Set(events.map(({ event }) => event));
    assert.deepEqual(kinds, new Set(["ready", "paying", "payment", "stranger", "session", "refused", "ended"]));
    assert.equal(events[0]?.["event"], "ready");
    assert.equal(events.at(-1)?.["event"], "ended");
    const result = events.find(({ event, flow }) => event === "payment" && flow === "depot01-tpe01")?.[
      "result"
    ] as Record<string, unknown>;
    assert.equal(result["kind"], "accepted");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} ends it with 0, in the middle of a payment, with one last line`, async () => {
      await using shown = demo();
      await until(() => shown.output().includes("asks depot01-tpe01"), "a payment under way");
      shown.signal(signal);
      assert.deepEqual(await shown.exited, [0, null]);
      await until(() => shown.output().includes("The demo has ended"), "the last line");
      assert.match(shown.lines().at(-1)?.slice(10) ?? "", ENDED);
      assert.equal(shown.errors(), "");
    });
  }

  const skip = needs(["script"]);
  for (const [name, keys] of [
    ["q", "q"],
    ["q among other keys", "xxq"],
    ["Ctrl-C", "\u0003"],
  ] as const) {
    test(`in a terminal, ${name} ends it at once, and the terminal is as it was`, { skip }, async () => {
      await using shown = demoInTerminal();
      await until(() => shown.output().includes("asks depot01-tpe01"), "a payment under way");
      assert.match(shown.output(), /Press q to quit\./);
      const pressed = performance.now();
      shown.child.stdin?.write(keys);
      await until(() => /exit \d+\n\S+\n/.test(shown.output()), "the state of the terminal");
      assert.ok(performance.now() - pressed < 10_000);
      const lines = shown.lines();
      assert.equal(lines.at(-2), "exit 0");
      assert.equal(lines.at(-1), lines[0], "stty -g, before and after");
      assert.match(lines.at(-3) ?? "", /The demo has ended/);
    });
  }

  test("other keys do not end it", { skip }, async () => {
    await using shown = demoInTerminal();
    await until(() => shown.output().includes("asks depot01-tpe01"), "a payment under way");
    shown.child.stdin?.write("x\r \u001b[A");
    await until(() => ACCEPTED.test(stripped(shown.output())), "the payment");
    assert.doesNotMatch(shown.output(), /exit \d/);
  });

  for (const [what, taken] of [
    ["a door of the gateway", "127.0.0.1:12201"],
    ["a terminal's place, the third", "127.17.22.10:8888"],
  ] as const) {
    test(`${what} is taken: it says which, shows nothing else, ends with 2`, async () => {
      await using other = run(process.execPath, commandLine(["simulate", "--listen", taken]));
      await until(() => other.output().includes("listening"), "what takes the port");
      await using shown = demo();
      assert.deepEqual(await shown.exited, [2, null]);
      assert.equal(shown.output(), "");
      const [error = "", hint = "", ...more] = shown.errors().trimEnd().split("\n");
      assert.ok(error.startsWith(`ecluse: error: Cannot listen on ${taken}: address already in use`), error);
      assert.match(hint, /^ecluse: hint: /);
      assert.deepEqual(more, []);
    });
  }

  test("its dashboard opens with the address that is printed, and nothing of it stays behind", async () => {
    await using shown = demo();
    await until(() => OPENED.test(shown.output()), "the address");
    const [, url = "", token = ""] = OPENED.exec(shown.output()) ?? [];
    const script = `
      const page = await fetch("${url}");
      const login = await fetch("${url}login", {
        method: "POST",
        headers: { "content-type": "application/json", origin: "http://127.0.0.1:8080" },
        body: JSON.stringify({ token: "${token}", name: "Ada" }),
      });
      const cookie = login.headers.get("set-cookie")?.split(";")[0];
      const overview = await (await fetch("${url}v1/overview", { headers: { cookie } })).json();
      console.log(page.status, overview.depots.map(({ name }) => name).join(" "));`;
    await using browser = run(process.execPath, ["--input-type=module", "-e", script]);
    await until(() => browser.output().endsWith("\n"), "what it sees");
    assert.equal(browser.output(), "200 Lyon Nantes\n");
    const folders = (): readonly string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`ecluse-demo-${shown.pid}-`));
    assert.equal(folders().length, 1);
    shown.signal("SIGTERM");
    assert.deepEqual(await shown.exited, [0, null]);
    assert.deepEqual(folders(), []);
    assert.equal(shown.errors(), "");
  });

  test("the dashboard's port is taken: it says so, and goes on without", async () => {
    await using other = run(process.execPath, commandLine(["simulate", "--listen", "127.0.0.1:8080"]));
    await until(() => other.output().includes("listening"), "what takes the port");
    await using shown = demo();
    await until(() => shown.output().includes("127.0.0.1:8080: address already in use"), "that it is taken");
    await until(() => ACCEPTED.test(shown.output()), "a payment");
    assert.equal(shown.output().split("already in use").length, 2);
    shown.signal("SIGTERM");
    assert.deepEqual(await shown.exited, [0, null]);
  });

  test("a reader who has seen enough (ecluse demo | head) ends it without a word", async () => {
    await using shown = demo();
    await until(() => shown.output() !== "", "the first lines");
    shown.child.stdout?.destroy();
    assert.deepEqual(await shown.exited, [2, null]);
    assert.equal(shown.errors(), "");
  });

  for (const text of ["3", "0s", "soon"]) {
    test(`--for ${text} is no duration`, async () => {
      await using shown = demo("--for", text);
      assert.deepEqual(await shown.exited, [2, null]);
      assert.match(shown.errors(), new RegExp(`^ecluse: error: Cannot run the demo for "${text}": no such duration\n`));
    });
  }
});

function stripped(text: string): string {
  return text.replaceAll(/\u001b\[[\d;]*m/g, "");
}
