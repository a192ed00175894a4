import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { columnOf, separatorOf } from "./csv-columns.ts";

suite("columnOf", () => {
  const cases = {
    Dépôt: "depot",
    "N° DÉPÔT": "depot",
    TPE: "terminal",
    "n°tpe": "terminal",
    Terminal: "terminal",
    Réseau: "network",
    "Sous-réseau": "network",
    IP: "address",
    "Adresse IP": "address",
    "Port Public": "publicPort",
    port: "port",
    Modèle: "model",
    "N° de série": "serial",
    "Numéro de série": "serial",
    "Serial number": "serial",
    "S/N": "serial",
    Libellé: "label",
    Remarque: undefined,
    "": undefined,
  } as const;
  for (const [header, column] of Object.entries(cases)) {
    test(`${JSON.stringify(header)} is ${column ?? "none"}`, () => assert.equal(columnOf(header), column));
  }
});

suite("separatorOf", () => {
  const cases = [
    ["Réseau\tTPE\tIP\tPort Public", "\t"],
    ["dépôt;TPE;IP", ";"],
    ['"depot","terminal"', ","],
    ["Public port,Label", ","],
    ["depot,label", undefined],
    ["Le port public, ainsi que l'adresse IP, du TPE", undefined],
    ["depot;terminal;terminal", undefined],
    ["sep=;", undefined],
  ] as const;
  for (const [line, separator] of cases) {
    test(JSON.stringify(line), () => assert.equal(separatorOf(line), separator));
  }
});
