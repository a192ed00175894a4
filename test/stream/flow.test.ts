/** Everything about one terminal, and the inventory it stands in, as a running gateway answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import type { Answered } from "../../src/answers/answered.ts";
import { call } from "../../src/control/client.ts";
import type { Parameters, RouteName } from "../../src/control/routes.ts";
import { running } from "../commands/running.ts";
import { dial, ending, knock, listen, says, until } from "../support/loopback.ts";
import { NO_PROBES } from "./following.ts";

suite("one flow", { timeout: 180_000 }, () => {
  test("a terminal: where it stands, who may enter and until when, how it is, who is and was inside", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target], {
      clock: NO_PROBES,
      edit: (text) => {
        const depot = [
          "depots:",
          "  22:",
          "    name: Lyon",
          "    terminals:",
          `      1: { label: Caisse 1, model: Desk/5000, serial: "4711", address: ${target.host}, port: ${target.port}, sessions: 1, busy: queue, queue: { length: 2, wait: 9s }, allow: [till] }`,
          `      2: { address: ${target.host.replace(/\.\d+$/, ".254")}, port: 9, allow: [till] }`,
          "exceptions:",
          ...["depot22-tpe01", "depot22-tpe02"].flatMap((on) =>
            ["terminal-on-loopback", "terminal-outside-network"].map(
              (rule) => `  - { rule: ${rule}, on: ${on}, reason: a test }`,
            ),
          ),
        ];
        return `${text}${depot.join("\n")}\n`;
      },
    });
    const { site, control, file } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const ask = async <Name extends RouteName>(name: Name, given: Partial<Parameters<Name>>): Promise<Answered[Name]> =>
      (await call(control, name, given)) as Answered[Name];
    const [first, second] = [12_201, 12_202].map((port) => ({ host: door.host, port, from: site.till }));
    assert.ok(first && second);
    const gone = await dial(first);
    assert.equal(await says(gone, "1234"), "1234");
    gone.end();
    await ending(gone);
    await knock(second);
    const inside = await dial(first);
    assert.equal(await says(inside, "12"), "12");
    await ask("grant", { author: "ana", source: site.stranger, select: "22/1", for: 60_000, reason: "Ticket 4711" });
    await ask("operate", { author: "ana", select: "22/1", to: "draining", reason: "new till" });
    let flow = await ask("flow", { select: "22/1" });
    for (const late = performance.now() + 30_000; flow.recent?.length !== 1 && performance.now() < late;) {
      flow = await ask("flow", { select: "22/1" });
    }
    const { list } = await ask("grants", {});
    const { now, since, recent, health, operation, inside: open, ...standing } = flow;
    assert.ok(now >= (since ?? 0));
    assert.deepEqual(standing, {
      flow: "depot22-tpe01",
      ...{ depot: 22, depotName: "Lyon", terminal: 1, label: "Caisse 1", model: "Desk/5000", serial: "4711" },
      ...{ kind: "relayed", endpoints: [`${door.host}:12201`], target: `${target.host}:${target.port}` },
      ...{ direction: "till-to-terminal", state: "draining", cause: "new till", probe: "connect" },
      limits: { sessions: 1, busy: "queue", queue: { length: 2, wait: 9_000 }, onRevoke: "drain" },
      grants: [
        { source: "till", networks: [site.till] },
        { source: site.stranger, networks: [site.stranger], until: list[0]?.until, reason: "Ticket 4711", id: "g1" },
      ],
      neighbours: { known: 1, down: 1 },
    });
    assert.deepEqual(
      [health?.state, health?.by, operation?.state, operation?.reason],
      ["up", "session", "draining", "new till"],
    );
    assert.deepEqual(
      open.map(({ source, phase, bytesToTarget }) => [source, phase, bytesToTarget]),
      [[site.till, "open", 2]],
    );
    assert.deepEqual(
      recent?.map(({ source, outcome, bytesToClient }) => [source, outcome, bytesToClient]),
      [[site.till, "closed", 4]],
    );

    const { depots, attention } = await ask("overview", { select: "depot22" });
    assert.deepEqual(
      depots.map(({ depot, name, terminals }) => [
        depot,
        name,
        ...terminals.map(({ terminal, label, state, port }) => [terminal, label, state, port]),
      ]),
      [[22, "Lyon", [1, "Caisse 1", "draining", 12_201], [2, undefined, "down", 12_202]]],
    );
    assert.deepEqual(
      attention.map(({ what }) => what),
      ["terminal-down", "grant-ends", "draining"],
    );
    const { entry, files } = await ask("inventory", {});
    assert.equal(entry.number, 1);
    assert.deepEqual(files, [{ file, text: readFileSync(file, "utf8") }]);
    inside.destroy();
    await until(() => target.count.open === 0, "it has gone");
  });
});
