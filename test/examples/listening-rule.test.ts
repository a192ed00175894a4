/**
 * The example's page, followed as a newcomer would: its command starts the landscape, its questions get the answers that
 * stand beside them, and Ctrl-C ends all of it. In a namespace, for its addresses and ports are the same for everybody.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { FOLDER, readServices } from "../../examples/listening-rule/landscape.ts";
import { until } from "../support/loopback.ts";
import { Host } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";

const [START = "", QUESTIONS = "", THROUGH_THE_PROXY = ""] = blocksOf("Run it on this machine");
const DOORS = [...readServices("127.0.1").map(({ host, port }) => `${host}:${port}`), "127.0.1.105:3015"];
const PROXY = "127.0.1.100:8443";

const skip = needs(["iproute2", "nginx", "openssl", "curl"], { root: true });

suite("examples/listening-rule/README.md", { skip, timeout: 180_000 }, () => {
  test("starts, answers as it says, and ends with Ctrl-C", async (context) => {
    await using host = await Host.create("this machine");
    const landscape = host.start("setsid", ...START.trim().split(" "));
    context.after(() => signal(landscape, "SIGKILL"));
    const certificate = await certificateOf(landscape);
    await until(() => [...DOORS, PROXY].every((door) => listening(host).includes(door)), "every door", 30_000);
    assert.deepEqual([...listening(host)].sort(), [...DOORS, PROXY].sort());

    const questions = [...QUESTIONS.matchAll(/^(.+?) +# (.+)$/gm)];
    assert.equal(questions.length, QUESTIONS.trim().split("\n").length);
    for (const [, question = "", answer = ""] of questions) assertAnswer(ask(host, question), question, answer);
    assert.match(ask(host, `CERTIFICATE=${certificate}\n${THROUGH_THE_PROXY}`), /<title>Signet dashboard<\/title>/);

    const exited = once(landscape, "exit");
    assert.ok(signal(landscape, "SIGINT"));
    await exited;
    await until(() => listening(host).length === 0, "the end of every listener");
    await until(() => !existsSync(certificate), "the end of its folder");
  });
});

/** What stands beside a question: a status, who may be seen listening, or what the answer holds. */
function assertAnswer(output: string, question: string, expected: string): void {
  const status = /^(\d{3}):/.exec(expected)?.[1];
  if (status !== undefined) assert.match(output, new RegExp(`^HTTP/1\\.1 ${status} `), question);
  else if (question.startsWith("ss ")) assert.doesNotMatch(output, /\[::\]:\d|0\.0\.0\.0:\d/, question);
  else assert.ok(output.endsWith(expected), `${question}: ${output}`);
}

/** Where it says that its certificate is. */
async function certificateOf({ stdout }: ChildProcess): Promise<string> {
  assert.ok(stdout !== null);
  for await (const line of createInterface({ input: stdout })) {
    const [, certificate] = /^the proxy's certificate is (.+)$/.exec(line) ?? [];
    if (certificate === undefined) continue;
    stdout.resume();
    return certificate;
  }
  assert.fail("it ended instead of naming its certificate");
}

/** As a terminal does, to the whole group that it leads; `false` if nobody is left in it. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(-pid, name);
  } catch {
    return false;
  }
}

/** Without the tester's own variables: curl reads some of them. */
function ask(host: Host, question: string): string {
  return host.run("env", "-i", `PATH=${process.env["PATH"] ?? ""}`, "sh", "-c", question);
}

function listening(host: Host): readonly string[] {
  const lines = host.run("ss", "-Htln").split("\n");
  return lines.filter((line) => line !== "").map((line) => line.split(/\s+/)[3] ?? "");
}

function blocksOf(section: string): readonly string[] {
  const parts = readFileSync(join(FOLDER, "README.md"), "utf8").split(/^## /m);
  const text = parts.find((part) => part.startsWith(section)) ?? "";
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
}
