/** `ecluse plan`: what applying the inventory would change, as access. */
import type { PlanAnswer } from "../../answers/changing.ts";
import { EcluseError } from "../../errors.ts";
import { ask, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { formatFindings } from "../findings-report.ts";
import { numberOption } from "../given.ts";
import { counted } from "../table.ts";

/** 0: nothing changes. 1: something does. 2: it has errors, and would not be applied. */
export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const plan = await ask(invocation, "plan", { number: numberOption(options, "number") });
  if (options["json"] === undefined) io.err(formatFindings(plan.findings, plan.files, { colour: false }));
  if (options["json"] !== undefined || plan.valid) print(invocation, plan, asText);
  if (plan.valid) return plan.changes ? 1 : 0;
  const errors = plan.findings.filter(({ severity }) => severity === "error").length;
  throw new EcluseError("inventory-refused", `Cannot apply the inventory: it has ${counted(errors, "error")}`, {
    hint: "mend what is listed above, then try again",
  });
};

function asText({ changes, lines, sessions }: PlanAnswer): string {
  if (!changes) return "nothing changes\n";
  const concerned = sessions === 0 ? "" : `${counted(sessions, "session")} in progress where access is lost\n`;
  return `${lines.map((line) => `${line}\n`).join("")}${concerned}`;
}
