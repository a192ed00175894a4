/** What the last audit of this host found, and running it again. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { AuditFinding } from "../answers.ts";
import { Refusal, tell } from "../api.ts";
import { Failed, Loading, failureText } from "../parts/notice.ts";
import { Quiet, Section } from "../parts/section.ts";
import { useAnswer } from "../use-answer.ts";
import { useSpoken } from "../words/use-words.ts";

interface AuditReport {
  readonly hosts: readonly { readonly host: string; readonly taken: string }[];
  readonly findings: readonly AuditFinding[];
}

export function AuditPage(): ComponentChild {
  const { words } = useSpoken();
  const { answer, failure, again } = useAnswer<AuditReport | null>("/audit.json", {});
  const [failed, setFailed] = useState<Refusal>();
  const [isRunning, setRunning] = useState(false);
  const run = (): void => {
    setRunning(true);
    setFailed(undefined);
    tell("/audit")
      .then(again, (error: unknown) => setFailed(error instanceof Refusal ? error : undefined))
      .finally(() => setRunning(false));
  };
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(Report, { report: answer });
  return h(
    "div",
    { class: "audit" },
    h("header", { class: "page-head" }, h("h1", null, words.audit.title), h("p", { class: "lead" }, words.audit.says)),
    h(
      "div",
      { class: "operate" },
      h("button", { type: "button", class: "is-main", disabled: isRunning, onClick: run }, words.audit.run),
      h("span", { role: "status" }, isRunning ? words.audit.running : ""),
    ),
    failed !== undefined && h("p", { class: "notice is-failure", role: "alert" }, failureText(failed, words)),
    shown,
  );
}

function Report({ report }: { readonly report: AuditReport | null }): ComponentChild {
  const { words, time } = useSpoken();
  if (report === null) return h(Quiet, null, words.audit.never);
  const { hosts, findings } = report;
  const taken = hosts
    .map((each) => words.audit.taken(each.host, time.instant(Date.parse(each.taken), Date.now())))
    .join(", ");
  return h(
    Section,
    {
      title: findings.length === 0 ? words.audit.none : words.audit.counts(findings.length),
      aside: h("span", { class: "quiet" }, taken),
    },
    findings.map((finding, index) => h(Found, { key: index, finding })),
  );
}

function Found({
  finding: { severity, host, code, message, evidence, fix },
}: {
  readonly finding: AuditFinding;
}): ComponentChild {
  const { words } = useSpoken();
  return h(
    "article",
    { class: "finding" },
    h(
      "h3",
      null,
      h("span", { class: `severity is-${severity}` }, words.audit.severities[severity] ?? severity),
      ` · ${host} · `,
      h("span", { lang: "en" }, message),
    ),
    h("p", { class: "quiet" }, `${words.audit.evidence}${words.colon}`, h("code", null, evidence.source), ` · ${code}`),
    evidence.line !== "" && h("pre", { tabIndex: 0 }, evidence.line),
    h("p", null, `${words.audit.fix}${words.colon}`, h("code", { lang: "en" }, fix)),
  );
}
