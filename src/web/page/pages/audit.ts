/** What the last audit of this host found, and running it again. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { AuditFinding } from "../answers.ts";
import { Refusal, tell } from "../api.ts";
import { Failed, Loading, failureText } from "../parts/notice.ts";
import { Quiet, Section } from "../parts/section.ts";
import { ShortList } from "../parts/short-list.ts";
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
    [...Map.groupBy(findings, ({ code }) => code)].map(([code, all]) => h(Group, { key: code, code, findings: all })),
  );
}

interface GroupProps {
  readonly code: string;
  readonly findings: readonly AuditFinding[];
}

/** Findings of one kind: a host may have one at each of thousands of ports. */
function Group({ code, findings }: GroupProps): ComponentChild {
  const { words, time } = useSpoken();
  const severity = findings[0]?.severity ?? "notice";
  return h(
    "div",
    { class: "finding-group" },
    h(
      "h3",
      null,
      h("span", { class: `severity is-${severity}` }, words.audit.severities[severity] ?? severity),
      ` · ${code} · ${time.number(findings.length)}`,
    ),
    h(ShortList<AuditFinding>, {
      items: findings,
      first: 5,
      class: "findings",
      row: (finding) => h(Found, { key: `${finding.host} ${finding.message}`, finding }),
    }),
  );
}

function Found({ finding: { host, message, evidence, fix } }: { readonly finding: AuditFinding }): ComponentChild {
  const { words } = useSpoken();
  return h(
    "li",
    { class: "finding" },
    h("p", null, `${host} · `, h("span", { lang: "en" }, message)),
    h("p", { class: "quiet" }, `${words.audit.evidence}${words.colon}`, h("code", null, evidence.source)),
    evidence.line !== "" && h("pre", { tabIndex: 0 }, evidence.line),
    h("p", null, `${words.audit.fix}${words.colon}`, h("code", { lang: "en" }, fix)),
  );
}
