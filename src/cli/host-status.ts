/** What the founding documents type to look at a host, one after another: each answer under the command that gave it. */
import { collect } from "../audit/host/collect.ts";
import type { Reading } from "../audit/facts.ts";
import type { Asking } from "../audit/script.ts";
import type { Inventory } from "../inventory/model.ts";
import { escapeControls } from "../inventory/quote.ts";
import type { ExitCode, Invocation } from "./command.ts";

/** Sections 5.2 of the first document and "Modalités d’analyse" of the second. */
function askings({ services, gateway }: Inventory): readonly Asking[] {
  const units = ["ecluse", ...services.flatMap(({ unit }) => unit ?? [])].map((unit) => `'${unit}.service'`);
  return [
    { id: "units", command: `systemctl list-units --all --plain --no-legend --no-pager ${units.join(" ")}` },
    { id: "containers", command: "docker ps" },
    { id: "listeners", command: "ss -Htlnp" },
    { id: "firewall", command: "ufw status numbered" },
    { id: "ring", command: "nft list tables" },
    { id: "tunnel", command: "tailscale status" },
    { id: "network", command: "timeout 10 tailscale netcheck" },
    { id: "interface", command: `ip -br address show dev '${gateway.tunnel.interface}'` },
    { id: "rules", command: "ip rule show" },
    { id: "routes", command: "ip route show" },
    { id: "tunnel-routes", command: "ip route show table 52" },
  ];
}

/** Lines of one answer that are shown; 7,128 listeners would bury the rest. */
const MOST_LINES = 200;

export async function hostStatus({ options, io }: Invocation, inventory: Inventory): Promise<ExitCode> {
  const host = "gateway";
  const { readings } = await collect({ host, askings: askings(inventory), shell: ["sh"], now: Date.now });
  if (options["json"] !== undefined) io.out(`${JSON.stringify(readings, null, 2)}\n`);
  else io.out(readings.map(section).join("\n"));
  return 0;
}

function section({ source, text, failed }: Reading): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const shown = lines.slice(0, MOST_LINES).map((line) => `  ${escapeControls(line.trimEnd().replaceAll("\t", " "))}\n`);
  const more = lines.length > MOST_LINES ? [`  ... and ${lines.length - MOST_LINES} lines more\n`] : [];
  const said = failed === undefined ? [] : [`  (${escapeControls(failed)})\n`];
  const nothing = shown.length + said.length === 0 ? ["  nothing\n"] : [];
  return [`$ ${source}\n`, ...shown, ...more, ...said, ...nothing].join("");
}
