/** What the documents say: of the policy all and nothing else, in both languages, whatever the names. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { lexer, type Token, type Tokens } from "marked";
import { COMMANDS } from "../../src/cli/commands.ts";
import { decide } from "../../src/policy/decide.ts";
import { html } from "../../src/render/documents/html.ts";
import { markdown } from "../../src/render/documents/markdown.ts";
import { EN } from "../../src/render/documents/words-en.ts";
import type { Subject } from "../../src/render/subject.ts";
import { TARGETS } from "../../src/render/targets.ts";
import { parseCsv } from "./csv.ts";
import { documentAt, documentsOf } from "./documents.ts";
import { AT, EXAMPLES, exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

suite("every document", () => {
  test("says where it comes from, whom to ask, and what is done against the rules", async () => {
    const subject = exampleSubject("complete");
    const pages = (await documentsOf(subject)).filter(({ format }) => format === "md");
    assert.equal(pages.length, 14);
    for (const { text, path } of pages) {
      for (const fact of [
        ...["complete.yaml", subject.version.slice(0, 12), "2026-11-22", "support@example.org", "+33 1 99 00 00 02"],
        ...["https://docs.example.org/ecluse", "port-outside-plan", "Old till that cannot be told another port"],
        ...["172.17.22.11", "20007", "--live"],
      ]) {
        assert.ok(text.replaceAll(/\\(?=[^\w\s])/g, "").includes(fact), `${path} does not say ${fact}`);
      }
    }
  });

  test("names nobody whose right has ended", async () => {
    const subject = textSubject(
      manyTerminals(2)
        .replace(
          "allow: [tills]",
          "allow: [tills, { source: leaver, until: 2026-11-22T12:00:00Z }, { source: stayer, until: 2026-11-22T12:00:01Z }]",
        )
        .replace(
          "sources:\n",
          "sources:\n  leaver: { addresses: [192.0.2.77] }\n  stayer: { addresses: [192.0.2.78] }\n",
        ),
    );
    const pages = (await documentsOf(subject)).filter(({ path }) => !path.includes("/runbook"));
    for (const { text, path } of pages) assert.doesNotMatch(text, /leaver|192\.0\.2\.77/, path);
    assert.match(await documentAt(subject, "en/flow-matrix.md"), /stayer.*2026-11-22 12:00 UTC/);
  });

  test("is the same in French and English but for the words", async () => {
    for (const name of EXAMPLES) {
      const all = await documentsOf(exampleSubject(name));
      const paths = (language: string): readonly string[] =>
        all.filter((each) => each.language === language).map(({ path }) => path.replace(`/${language}/`, "/"));
      assert.deepEqual(paths("fr"), paths("en"));
      for (const { path, text } of all.filter((each) => each.language === "en" && each.format === "csv")) {
        const french = all.find((each) => each.path === path.replace("/en/", "/fr/"))?.text ?? "";
        assert.deepEqual(factsIn(french, ";"), factsIn(text, ","), path);
      }
    }
  });
});

suite("the flow matrix in CSV", () => {
  for (const name of EXAMPLES) {
    test(`${name}: a row for each right that holds, and each row holds`, async () => {
      const subject = exampleSubject(name);
      const rows = parseCsv(await documentAt(subject, "en/flow-matrix.csv"), ",").slice(1);
      assert.deepEqual(rows.map(([flow, source, , , port]) => `${flow} ${source} ${port}`).sort(), rightsOf(subject));
    });
  }

  test("7,128 terminals are 7,128 rows, and a line for each depot to read", async () => {
    const subject = textSubject(manyTerminals(7128));
    const rows = parseCsv(await documentAt(subject, "en/flow-matrix.csv"), ",").slice(1);
    assert.equal(rows.filter(([flow = ""]) => flow.startsWith("depot")).length, 7128);
    const lines = tablesIn(await documentAt(subject, "en/flow-matrix.md"))[0] ?? [];
    assert.equal(lines.length, 1 + 72);
    assert.deepEqual(lines.at(-1)?.slice(0, 6), [
      ...["tills", "gateway 198.51.100.10", "17201-17299", "TCP", "till to terminal"],
      "Depot 72, TPE 01 to 99 → 172.17.72.10 to 172.17.72.108:8888",
    ]);
  });

  test("one more port of a terminal is a line of its own", async () => {
    const inventory = `${manyTerminals(2).replace("terminals: 1-2", "terminals: { 1: { aliases: [9001] }, 2: {} }")}
exceptions: [{ rule: port-outside-plan, on: depot01-tpe01, reason: Old till }]
`;
    const lines = tablesIn(await documentAt(textSubject(inventory), "en/flow-matrix.md"))[0] ?? [];
    assert.deepEqual(
      lines.slice(1).map(([, , port, , , what]) => `${port} ${what}`),
      [
        "10101 Depot 1, TPE 01 → 172.17.1.10:8888",
        "9001 Depot 1, TPE 01 → 172.17.1.10:8888; one more port",
        "10102 Depot 1, TPE 02 → 172.17.1.11:8888",
      ],
    );
  });

  test("terminals on other terms are not added up", async () => {
    const inventory = manyTerminals(4).replace(
      "terminals: 1-4",
      "terminals: { 1: {}, 2: { owner: Other }, 3: { port: 20007 }, 4: { port: 20007 } }",
    );
    const lines = tablesIn(await documentAt(textSubject(inventory), "en/flow-matrix.md"))[0] ?? [];
    assert.deepEqual(
      lines.slice(1).map(([, , port]) => port),
      ["10101", "10102", "10103-10104"],
    );
  });
});

suite("the review record", () => {
  test("marks what is overdue as of the page's date", async () => {
    const inventory = manyTerminals(1).replace("tills: {", "tills: { reviewed: 2026-05-21,");
    const text = await documentAt(textSubject(inventory), "en/review-record.md");
    assert.match(text, /Of 2 rights: 1 overdue, 1 never reviewed, 0 in order/);
    const [sources = [], rights = []] = tablesIn(text);
    assert.deepEqual(sources[0]?.slice(6), ["2026-05-21", "2026-11-21", "OVERDUE", ""]);
    assert.deepEqual(rights[1]?.slice(9), ["2026-05-21", "2026-11-21", "OVERDUE", ""]);
  });
});

suite("the runbook", () => {
  /** Rendered by others; named here as DESIGN names them. */
  const OTHERS = ["all"];

  test("uses commands, options and targets that exist", async () => {
    for (const name of EXAMPLES) {
      const text = await documentAt(exampleSubject(name), "en/runbook.md");
      for (const [, command = "", rest = ""] of text.matchAll(/^ecluse ([a-z][a-z-]*)(.*)$|`ecluse ([a-z-]+)/gm)) {
        if (command === "") continue;
        const known = COMMANDS.find((each) => each.name === command);
        assert.ok(known !== undefined, `there is no command ${command}`);
        const options = [...rest.matchAll(/--([a-z-]+)/g)].map(([, option]) => option);
        for (const option of options)
          assert.ok(
            known.options.some((each) => each.name === option),
            option,
          );
        const target = command === "render" ? (rest.trim().split(" ")[0] ?? "") : "all";
        assert.ok([...OTHERS, ...TARGETS.map((each) => each.name)].includes(target), target);
      }
    }
  });

  test("tries an authorised address and a refused one", async () => {
    const text = await documentAt(exampleSubject("complete"), "en/runbook.md");
    assert.match(text, /From an authorised address: tills/);
    assert.match(text, /From technician \(`192\.0\.2\.44`\), who is in the inventory but has no right here/);
    assert.match(text, /telnet:\/\/198\.51\.100\.10:10101/);
    assert.match(text, /From prod \(`192\.168\.1\.103`\), which these do not list/);
  });

  test("says how the dashboard is opened, where it is served", async () => {
    const at = async (text: string, path: string): Promise<string> => documentAt(textSubject(text), path);
    const served = manyTerminals(2).replace("10 }", "10, dashboard: { listen: 127.0.0.1:8081 } }");
    for (const path of ["en/runbook.md", "fr/runbook.md"]) {
      const text = await at(served, path);
      assert.match(text, /^sudo ecluse dashboard --url --inventory \/etc\/ecluse\/ecluse\.yaml$/m);
      assert.match(text, /^ssh -N -L 8081:127\.0\.0\.1:8081 198\.51\.100\.10$/m);
      for (const off of [manyTerminals(2), served.replace("8081 }", "8081, enabled: false }")])
        assert.doesNotMatch(await at(off, path), /dashboard|tableau de bord/);
    }
  });

  test("stops before the firewall where nobody may come by SSH", async () => {
    const text = await documentAt(textSubject(manyTerminals(2).replace(/^ssh: .*\n/m, "")), "en/runbook.md");
    assert.match(text, /lock everybody out/);
    assert.doesNotMatch(text, /^ecluse render ufw/m);
  });
});

suite("a hostile name", () => {
  // What `isLabel` and `isProse` let through (src/inventory/names.ts), the signs that mean something here most of all.
  const sign = fc.constantFrom(...Array.from("-_.'’()/& ,:;#@+?!%=°€aéß1字א"));
  const words = fc
    .array(sign, { minLength: 1, maxLength: 40 })
    // With something at the end by which it is never taken for a placeholder.
    .map((signs) => `${signs.join("").trimStart()}é1`);

  test("comes out of an inventory as it went in", async () => {
    await fc.assert(
      fc.asyncProperty(words, async (reason) => {
        const inventory = manyTerminals(1).replace("tills: {", `tills: { reason: ${JSON.stringify(reason)},`);
        const subject = textSubject(inventory);
        const [, row = []] = parseCsv(await documentAt(subject, "fr/flow-matrix.csv"), ";").slice(1);
        assert.equal(row[10], /^[=+\-@]/.test(reason) ? `'${reason}` : reason);
        const [flows = []] = tablesIn(await documentAt(subject, "fr/flow-matrix.md"));
        assert.equal(flows[1]?.[7], reason);
      }),
      { numRuns: 60 },
    );
  });

  const MARKUP = [
    ...[
      "<b>",
      "|",
      "`a`",
      "[a](b)",
      "![a](b)",
      "\\|",
      "&lt;",
      "*a*",
      "__a__",
      "~~a~~",
      "# a",
      "- a",
      "+ a",
      "1. a",
      "1) a",
    ],
    ...["> a", "===", "---", "www.a.example", "https://a.example", "a@example.org", "a:b", "<!-- a", "[ ] a", "a\\"],
  ];

  // The printers do not rely on what the inventory lets through.
  const anything = fc
    .oneof(fc.string({ unit: "grapheme", maxLength: 30 }), words, fc.constantFrom(...MARKUP))
    .map((text) => text.replaceAll(/\p{C}/gu, "").replaceAll(/\s+/g, " ").trim());

  test("is a text in Markdown, whatever it is", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const page = markdown({ title: "t", blocks: [tableOf(text), { kind: "paragraph", text }] }, EN);
        assert.deepEqual(tablesIn(page)[0], [[text, "end"]]);
        const paragraph = lexer(page)
          .filter(({ type }) => type !== "space")
          .at(-1);
        assert.equal(paragraph?.type === "paragraph" ? textIn([paragraph]) : "", text);
      }),
      { numRuns: 500 },
    );
  });

  test("is a text in HTML, whatever it is", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const page = html({ title: "t", blocks: [tableOf(text)] }, "en", EN);
        const [, cell = ""] = /<tbody>\n<tr><th scope="row">(.*?)<\/th>/s.exec(page) ?? [];
        assert.doesNotMatch(cell.replaceAll("<wbr>", ""), /[<>"']/);
        assert.equal(unescaped(cell), text);
      }),
      { numRuns: 500 },
    );
  });
});

function tableOf(text: string) {
  return {
    kind: "table",
    caption: "c",
    columns: [{ head: "a" }, { head: "b" }],
    rows: [[text, "end"]],
  } as const;
}

/** What the policy lets in, right by right: `flow source port`. */
function rightsOf({ policy, inventory }: Subject): readonly string[] {
  const known = new Map(inventory.sources.map((source) => [source.name, source]));
  const flows = policy.flows.flatMap((flow) =>
    flow.endpoints.flatMap(({ port }) => flow.grants.map(({ source }) => `${flow.id} ${source} ${port}`)),
  );
  for (const { flow, endpoint } of policy.doors.values()) {
    for (const { source } of flow.grants) {
      const [network] = known.get(source)?.networks ?? [];
      assert.ok(network !== undefined);
      assert.equal(decide(policy, endpoint, network.address, AT).permit, true);
    }
  }
  const hosts = [
    { name: "ssh", ssh: inventory.ssh },
    ...inventory.machines.map((each) => ({ ...each, name: `ssh/${each.name}` })),
  ];
  return [...flows, ...hosts.flatMap(({ name, ssh }) => ssh.map(({ source }) => `${name} ${source} 22`))].sort();
}

/** The cells that are no words: names, numbers, addresses, days. */
function factsIn(text: string, separator: string): readonly (readonly string[])[] {
  const rows = parseCsv(text, separator).slice(1);
  return rows.map((row) =>
    row.flatMap((cell) => cell.match(/[\w./:-]*\d[\w./:-]*|^(?:tills|technician|proxy|bitcoin)$/g) ?? []),
  );
}

/** The rows of each table, as a reader of Markdown sees them. */
function tablesIn(text: string): readonly (readonly (readonly string[])[])[] {
  return lexer(text)
    .filter((token): token is Tokens.Table => token.type === "table")
    .map(({ rows }) => rows.map((row) => row.map(({ tokens }) => textIn(tokens))));
}

function textIn(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      assert.ok(
        ["text", "escape", "strong", "codespan", "paragraph"].includes(token.type),
        `${token.type}: ${token.raw}`,
      );
      const { tokens: inner, text } = token as Tokens.Text;
      return inner === undefined ? text : textIn(inner);
    })
    .join("");
}

function unescaped(html: string): string {
  const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return html.replaceAll("<wbr>", "").replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => signs[name] ?? "");
}
