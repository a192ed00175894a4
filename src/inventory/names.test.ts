import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isPlaceholder } from "./checks/placeholders.ts";
import { isId, isLabel, isProse, readsAsPlace } from "./names.ts";
import { editDistance, nearest } from "./nearest.ts";
import { quote } from "./quote.ts";
import { parseSize } from "./size.ts";

suite("names", () => {
  test("isLabel takes letters of any language and a few signs", () => {
    for (const text of [
      "Caisse 1",
      "Saint-Étienne (nord) & l’annexe",
      "Desk/5000",
      "d'accueil",
      "東京_1.2",
      "x".repeat(80),
    ]) {
      assert.ok(isLabel(text), text);
    }
  });

  for (const text of [
    "",
    " a",
    "a ",
    "a\nb",
    "a\tb",
    "a\u0000",
    'a"b',
    "a`b",
    "$HOME",
    "a;b",
    "a\\b",
    "<b>",
    "a|b",
    "a\u202eb",
    "a\u200bb",
    "a\u00a0b",
    "\u3164",
    "x".repeat(81),
  ]) {
    test(`isLabel refuses ${JSON.stringify(text)}`, () => {
      assert.ok(!isLabel(text));
      if (text.length !== 81 && text !== "a;b") assert.ok(!isProse(text));
      assert.ok(!isId(text));
    });
  }

  test("isId wants a name without space or slash, and never only digits", () => {
    assert.deepEqual(["odoo", "opi-callback", "dépannage", "a.b_c", "4nk"].map(isId), [true, true, true, true, true]);
    assert.deepEqual(["a b", "a/b", "-a", ".a", "12201", "a*", "a'b", "a&b"].map(isId), Array(8).fill(false));
  });

  test("readsAsPlace knows what a selector takes for a place", () => {
    assert.deepEqual(["depot22", "Dépôt1-tpe1", "tpe01", "service", "any"].map(readsAsPlace), Array(5).fill(true));
    assert.deepEqual(["opi-callback", "depot-callback", "services"].map(readsAsPlace), Array(3).fill(false));
  });
});

suite("isPlaceholder", () => {
  for (const text of [
    "IP_AUTORISEE",
    "IP_AUTORISÉE",
    "VOTRE_IP_ADMIN",
    "IP_ADMIN",
    "YOUR_IP",
    "CHANGEME",
    "change-me",
    "TODO",
    "todo",
    "TODO: ask",
    "<ip>",
    "${IP}",
    "{{ ip }}",
    "x.x.x.x",
    "10.0.0.X/24",
    "a.b.c.d",
    "...",
    "XXX",
  ]) {
    test(`knows ${text}`, () => assert.ok(isPlaceholder(text)));
  }
  for (const text of [
    "odoo",
    "Odoo POS",
    "10.0.0.1",
    "Desk/5000",
    "X",
    "XL",
    "Todos los santos",
    "Ticket 4711",
    "IP",
    "RSSI",
    "A-B",
    "MyPOS",
    "Mon magasin",
  ]) {
    test(`leaves ${text} alone`, () => assert.ok(!isPlaceholder(text)));
  }
});

suite("nearest", () => {
  test("finds what was meant, whatever case and accents", () => {
    assert.equal(nearest("adress", ["address", "allow"]), "address");
    assert.equal(nearest("Odoo", ["odoo", "admin"]), "odoo");
    assert.equal(nearest("depannage", ["dépannage"]), "dépannage");
    assert.equal(nearest("alow", ["label", "allow"]), "allow");
  });

  test("suggests nothing that is far", () => assert.equal(nearest("colour", ["port", "address", "allow"]), undefined));

  test("editDistance counts a swap as one", () => {
    assert.deepEqual([editDistance("drian", "drain"), editDistance("", "abc"), editDistance("a", "a")], [1, 3, 0]);
  });
});

suite("quote", () => {
  test("lets no control, direction or invisible character through, and cuts", () => {
    assert.equal(quote("a\u001b[31m\n\u202e\u2028b"), "`a\\u{1b}[31m\\u{a}\\u{202e}\\u{2028}b`");
    assert.equal(quote("é".repeat(61)), `\`${"é".repeat(60)}…\``);
    assert.equal(quote(""), '""');
  });
});

suite("parseSize", () => {
  test("reads powers of 1,000 and of 1,024", () => {
    assert.deepEqual(["500MB", "2GB", "2GiB", "1kB"].map(parseSize), [5e8, 2e9, 2 ** 31, 1e3]);
  });
  for (const text of ["", "2", "2G", "2gb", "0GB", "02GB", "2 GB", "-2GB", "2.5GB"]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseSize(text), undefined));
  }
});
