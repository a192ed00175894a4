/** Exceptions that are of no use: for nothing that exists, for something no rule forbids, or ended. */
import { covers, type Facts, type RuleUse } from "../facts.ts";
import { addDays, dayOf } from "../instant.ts";
import { quote } from "../quote.ts";

const NOTICE_DAYS = 30;

export function checkExceptions(facts: Facts): void {
  const seen = new Set<string>();
  facts.rules.forEach((use, index) => {
    const { rule, on } = use.exception;
    const path = ["exceptions", index];
    const key = `${rule}\n${on}`;
    if (seen.has(key)) {
      const message = `the exception ${rule} for ${quote(on)} is listed twice`;
      facts.complain({ code: "listed-twice", path, message, hint: "remove one" });
    }
    seen.add(key);
    judgeUse(facts, use, index);
    judgeEnd(facts, use, index);
  });
}

function judgeUse(facts: Facts, use: RuleUse, index: number): void {
  // A subject that could not be read is not a subject that does not exist.
  if (use.used || !facts.complete) return;
  const { rule, on } = use.exception;
  const path = ["exceptions", index, "on"];
  if (namesSomething(facts, use)) {
    const message = `nothing that ${quote(on)} names needs the exception ${rule}`;
    facts.complain({ code: "exception-not-needed", path, message, hint: "remove it" });
  } else {
    const message = `${quote(on)} names nothing in this inventory`;
    const hint = "write an id (depot22-tpe02, flow/opi-callback), a selector, gateway, ssh or a source's name";
    facts.complain({ code: "exception-names-nothing", path, message, hint });
  }
}

function namesSomething(facts: Facts, use: RuleUse): boolean {
  const names = ["gateway", "ssh", ...facts.inventory.machines.map(({ name }) => `ssh/${name}`)];
  const sources = facts.inventory.sources.map(({ name }) => name);
  return (
    [...names, ...sources].some((name) => covers(use, { name })) || facts.flows.some((flow) => covers(use, { flow }))
  );
}

function judgeEnd(facts: Facts, { exception }: RuleUse, index: number): void {
  const { until, rule, on } = exception;
  if (until === undefined) return;
  const path = ["exceptions", index, "until"];
  const today = dayOf(facts.now);
  const what = `the exception ${rule} for ${quote(on)}`;
  if (until < today) {
    const hint = "mend what it allowed and remove it, or have it renewed";
    facts.complain({ code: "exception-expired", path, message: `${what} ended on ${until}`, hint });
  } else if (until <= addDays(today, NOTICE_DAYS)) {
    const hint = "mend what it allows before that day: the inventory will be refused after it";
    facts.complain({ code: "exception-ends-soon", path, message: `${what} ends on ${until}`, hint });
  }
}
