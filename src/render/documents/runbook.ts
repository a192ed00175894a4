/**
 * The deployment runbook: the first founding document's four phases for the gateway, the second's four steps for the
 * back-end services, with this inventory's addresses and commands.
 *
 * Tries a refused address wherever it tries an authorised one: a test that only tries who may enter proves no filter.
 */
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { documentFiles } from "./document-files.ts";
import type { Document } from "./document.ts";
import { gatewayPhases } from "./runbook-gateway.ts";
import { serviceSteps } from "./runbook-services.ts";
import type { Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("runbook", subject, runbook);
}

function runbook(subject: Subject, words: Words): Document {
  const { runbook: said, frame } = words;
  const blocks = [...gatewayPhases(subject, words), ...serviceSteps(subject, words)];
  return {
    title: said.title,
    blocks: [
      { kind: "paragraph", text: said.intro },
      { kind: "notice", text: frame.unencrypted },
      ...(blocks.length === 0 ? [{ kind: "paragraph", text: said.nothingToDeploy } as const] : blocks),
    ],
  };
}
