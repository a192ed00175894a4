/** `top`: frames one after another, and the screen in a real terminal (util-linux's script), which is given back. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { suite, test } from "node:test";
import { type Program, commandLine, follow, serve, siteBefore } from "../serve/serving.ts";
import { dial, knock, listen, pause, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import type { TopFrame } from "../../src/cli/top-frame.ts";
import { type Running, running } from "./running.ts";

suite("top, frames", { timeout: 180_000 }, () => {
  test("two answers become one frame, with bytes per second each way", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target, target]);
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const inside = await dial({ ...door, from: site.till });
    inside.resume();
    // A byte each millisecond, for as long as it takes.
    const talking = setInterval(() => inside.write("x"), 1);
    try {
      await knock({ ...door, from: site.stranger });
      const { out, exit, err } = await ecluse("top", "--every", "200ms");
      assert.deepEqual([exit, err], [0, ""]);
      assert.match(out, /^ecluse top, \d{4}-/);
      assert.match(
        out,
        /^flows +2: 1 in session, 1 [a-z ]+\nsessions +1 open, at most \d+; at the gateway 0\.0 let in and 0\.0 refused per second$/m,
      );
      assert.match(out, /^refused +127\S+ at flow\/door1 1 time \(not-listed\), \d+ m?s ago$/m);
      assert.match(out, /^flow\/door1 +127\S+ +\d+ m?s +[1-9]\S* k?B\/s +[1-9]\S* k?B\/s .* open +till\n$/m);
      const frames = (await ecluse("top", "door1", "--every", "100ms", "--count", "2", "--json")).out
        .trimEnd()
        .split("\n");
      assert.equal(frames.length, 2);
      for (const frame of frames.map((line) => JSON.parse(line) as TopFrame)) {
        assert.equal(frame.overview.sessions.open, 1);
        assert.ok((frame.sessions[0]?.perSecond?.toTarget ?? 0) > 0);
        assert.equal(frame.sessions[0]?.perSecond?.toTarget, frame.perSecond?.toTarget);
      }
      const other = JSON.parse((await ecluse("top", "door2", "--every", "100ms", "--json")).out) as TopFrame;
      assert.deepEqual([other.sessions, other.perSecond?.toTarget], [[], 0]);
    } finally {
      clearInterval(talking);
      inside.destroy();
    }
  });

  test("what cannot be asked is an error", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    for (const words of [
      ["--every", "10ms"],
      ["--every", "2h"],
      ["--every", "often"],
      ["--count", "0"],
    ]) {
      await assert.rejects(gateway.ecluse("top", ...words), { code: "usage" }, words.join(" "));
    }
    await assert.rejects(gateway.ecluse("top", "door9"), { code: "no-such-flow" });
  });
});

interface Terminal extends Program {
  /** Everything that reached the terminal. */
  readonly output: () => string;
  /** The lines of the last whole screen. */
  readonly screen: () => readonly string[];
  readonly press: (keys: string) => void;
  /** The device, to change its size. */
  readonly device: () => string;
  /** The pid of `ecluse top` itself. */
  readonly top: () => number;
}

const [ENTER, LEAVE] = ["\u001b[?1049h\u001b[?25l\u001b[?7l", "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l"];

/** In a terminal of 100 columns and 16 rows, with its state printed before and after. */
function topIn(control: string, words: readonly string[] = [], after = ""): Terminal {
  const line = [process.execPath, ...commandLine(["top", "--control", control, "--every", "100ms", ...words])];
  const top = `sh -c 'echo "pid $$"; exec "$@"' top ${line.map((word) => `'${word}'`).join(" ")}`;
  const command = `stty rows 16 cols 100; tty; stty -g; ${top}; echo "exit $?"; stty -g; ${after}`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return {
    ...follow(child),
    output: () => output,
    // A screen is whole once the next one begins, or the terminal is given back.
    screen: () =>
      [...output.matchAll(/\u001b\[H([^]*?)(?=\u001b\[H|\u001b\[0m\u001b\[\?7h)/g)]
        .at(-1)?.[1]
        ?.split("\n")
        .map(plain) ?? [],
    press: (keys) => void child.stdin.write(keys),
    device: () => /^\/dev\/\S+/m.exec(output)?.[0] ?? "",
    top: () => Number(/^pid (\d+)/m.exec(output)?.[1]),
  };
}

/** The terminal itself puts a carriage return before each line's end, too (ONLCR). */
function plain(line: string): string {
  return line.replaceAll(/\u001b\[[\d;]*[mKJ]|\r/g, "");
}

/** Waits for the end, and judges that the terminal is as it was. */
async function givenBack(terminal: Terminal, exit = 0): Promise<void> {
  await until(() => /exit \d+\r\n\S+\r\n/.test(terminal.output()), "the state of the terminal");
  const output = terminal.output();
  const [, before] = /^\/dev\/\S+\r\n(\S+)\r\n/m.exec(output) ?? [];
  const [, code, after] = /exit (\d+)\r\n(\S+)\r\n/.exec(output) ?? [];
  assert.equal(code, String(exit));
  assert.ok(before);
  assert.equal(after, before, "stty -g, before and after");
  assert.equal(output.split(ENTER).length, 2, "the screen was taken once");
  assert.equal(output.split(LEAVE).length, 2, "and given back once");
  assert.ok(output.indexOf(LEAVE) < output.indexOf("exit "), "before anything else was printed");
  assert.ok(output.lastIndexOf("\u001b[H") < output.indexOf(LEAVE), "and not drawn upon afterwards");
}

async function shown(terminal: Terminal, what: RegExp): Promise<void> {
  await until(() => what.test(terminal.screen().join("\n")), `${what.source} on the screen`).catch(() => {
    throw new Error(
      `not on the screen: ${what.source}\n${terminal.screen().join("\n")}\n${terminal.output().slice(-500)}`,
    );
  });
}

const skip = needs(["script"]);

suite("top, in a terminal", { timeout: 180_000, skip }, () => {
  /** One session inside, and a terminal that shows it. */
  async function withSession(act: (gateway: Running, terminal: Terminal) => Promise<void>): Promise<void> {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target, target]);
    const [door] = gateway.site.doors;
    assert.ok(door);
    const inside = await dial({ ...door, from: gateway.site.till });
    inside.on("error", () => undefined);
    await until(() => target.count.open === 1, "a session");
    await using terminal = topIn(gateway.control);
    await shown(terminal, /^flow\/door1 .* open +till$/m);
    await act(gateway, terminal);
    inside.destroy();
  }

  test("a new size of the terminal is followed at once, however seldom it looks", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    await using terminal = topIn(gateway.control, ["--every", "1h"]);
    const drawn = (): number => terminal.output().split("\u001b[H").length - 1;
    await until(() => drawn() === 1, "the first screen");
    execFileSync("stty", ["-F", terminal.device(), "rows", "9"]);
    await until(() => drawn() === 2, "a smaller screen");
    terminal.press("q");
    await givenBack(terminal);
    assert.equal(terminal.screen().length, 9);
  });

  test("fills the screen and no more, follows its size, and q gives it back", async () => {
    await withSession(async (_gateway, terminal) => {
      assert.equal(terminal.screen().length, 16);
      assert.match(terminal.screen().at(-1) ?? "", /^q quit {2}o order \(busiest first\) {2}space pause$/);
      execFileSync("stty", ["-F", terminal.device(), "rows", "9", "cols", "30"]);
      const fits = (): boolean => terminal.screen().every((line) => line.length <= 30);
      await until(() => terminal.screen().length === 9 && fits(), "a smaller screen");
      assert.match(terminal.screen().join("\n"), /^flow\/door1/m);
      terminal.press("q");
      await givenBack(terminal);
    });
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    test(`${signal} gives it back`, async () => {
      await withSession(async (_gateway, terminal) => {
        process.kill(terminal.top(), signal);
        await givenBack(terminal);
      });
    });
  }

  test("Ctrl-C gives it back", async () => {
    await withSession(async (_gateway, terminal) => {
      terminal.press("\u0003");
      await givenBack(terminal);
    });
  });

  test("o changes the order; space pauses and goes on; other keys do nothing", async () => {
    await withSession(async ({ ecluse }, terminal) => {
      terminal.press("x\u001b[Ao");
      await shown(terminal, /o order \(oldest first\)/);
      terminal.press(" ");
      await shown(terminal, /space go on \(paused\)$/);
      await ecluse("drain", "door2");
      terminal.press("o");
      await shown(terminal, /o order \(busiest first\)/);
      assert.doesNotMatch(terminal.screen().join("\n"), /draining/);
      terminal.press(" ");
      await shown(terminal, /^draining +flow\/door2$/m);
      terminal.press("q");
      await givenBack(terminal);
    });
  });

  test("an error that nobody caught gives it back, too", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const bug = "process.on('SIGUSR2',()=>{throw(new(TypeError)('a-bug'))})";
    const before = process.env["NODE_OPTIONS"];
    process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${bug}`;
    try {
      await using terminal = topIn(gateway.control);
      await shown(terminal, /^flows +1: 1 /m);
      process.kill(terminal.top(), "SIGUSR2");
      await givenBack(terminal, 1);
      assert.match(terminal.output().split(LEAVE)[1] ?? "", /TypeError: a-bug/);
    } finally {
      if (before === undefined) delete process.env["NODE_OPTIONS"];
      else process.env["NODE_OPTIONS"] = before;
    }
  });

  test("a gateway that stops is told, and found again when it is back; one that hangs does not keep q waiting", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    await using first = serve(site.inventory);
    await first.awaitEvent("ready");
    const words = first.child.spawnargs.slice(first.child.spawnargs.indexOf("serve"));
    const control = words[words.indexOf("--control") + 1] ?? "";
    await using terminal = topIn(control);
    await shown(terminal, /^flows +1: 1 /m);
    first.signal("SIGTERM");
    await first.exited;
    await shown(
      terminal,
      /^no answer {2}since \S+, trying again\n {11}Cannot reach the gateway at .*: there is no socket$/m,
    );
    assert.match(terminal.screen().join("\n"), /^flows +1: 1 /m);
    const again = follow(spawn(process.execPath, commandLine(words), { stdio: "ignore" }));
    await using _again = again;
    await until(() => !/no answer/.test(terminal.screen().join("\n")), "an answer again");
    again.signal("SIGSTOP");
    await shown(terminal, /^no answer .*\n.*: no answer in time$/m);
    // It is being asked again, and will not answer.
    await pause(500);
    const pressed = performance.now();
    terminal.press("q");
    await givenBack(terminal);
    assert.ok(performance.now() - pressed < 10_000);
  });

  test("nobody there at the start: an error on a screen that was never taken", async () => {
    await using terminal = topIn("/tmp/ecluse-nobody-here.sock");
    await until(() => /exit \d+\r\n/.test(terminal.output()), "its end");
    assert.match(terminal.output(), /ecluse: error: Cannot reach the gateway at [^]*exit 2\r\n/);
    assert.doesNotMatch(terminal.output(), /\u001b\[\?1049h/);
  });
});
