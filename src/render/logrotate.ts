/**
 * logrotate(8) for `/var/log/ecluse/*.log`: for hosts whose unit appends the gateway's output to a file instead of leaving
 * it to the journal.
 *
 * `copytruncate`, for the gateway writes to a descriptor that systemd opened: it has no file to open anew.
 */
import type { RenderedFile } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

const DAY = 86_400_000;

export function render({ inventory }: Subject): readonly RenderedFile[] {
  const days = Math.max(1, Math.round(inventory.gateway.journal.keep / DAY));
  const body = `/var/log/ecluse/*.log {
    daily
    rotate ${days}
    maxage ${days}
    maxsize 100M
    dateext
    dateformat -%Y%m%d-%s
    compress
    delaycompress
    missingok
    notifempty
    copytruncate
}
`;
  return [{ path: "logrotate/ecluse", body, comment: "#" }];
}
