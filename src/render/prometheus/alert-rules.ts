/** The alerts as a rule file of Prometheus. No name or contact holds braces, which would begin a template there. */
import type { Person } from "../../inventory/model.ts";
import type { Subject } from "../subject.ts";
import { ALERTS, type Alert } from "./alerts.ts";

export function alertRules({ inventory: { language, contact } }: Subject): string {
  const more = {
    ...(contact.emergency === undefined ? {} : { emergency: reached(contact.emergency) }),
    ...(contact.support === undefined ? {} : { support: reached(contact.support) }),
    ...(contact.documentation === undefined ? {} : { documentation: contact.documentation }),
  };
  const rules = ALERTS.map((alert) => rule(alert, { ...alert.says[language], ...more }));
  return `groups:\n  - name: "ecluse"\n    rules:\n${rules.join("")}`;
}

function rule(alert: Alert, annotations: Readonly<Record<string, string>>): string {
  const said = Object.entries(annotations).map(([name, text]) => `          ${name}: ${quoted(text)}\n`);
  return `      - alert: ${quoted(alert.name)}
        expr: |-
${alert.expr.replaceAll(/^/gm, "          ")}
        for: ${quoted(alert.for)}
        labels: { severity: ${quoted(alert.severity)} }
        annotations:
${said.join("")}`;
}

/** What JSON quotes is quoted the same in YAML 1.1 and 1.2. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function reached({ name, email, phone }: Person): string {
  return [name, phone, email].filter((part) => part !== undefined).join(", ");
}
