/** Every subject, in the order of the tables. */
import { direct } from "./direct.ts";
import { ecluse, ecluseKernel, ecluseOther, ecluseShield } from "./ecluse.ts";
import { haproxy, haproxy64k, haproxyFrontends, haproxyMap, haproxySplice, haproxyTwoThreads } from "./haproxy.ts";
import { nginx, nginx64k, nginxGeo } from "./nginx.ts";
import { pipe } from "./pipe.ts";
import { socat } from "./socat.ts";
import type { Subject } from "./subject.ts";

/** What ratios refer to. */
export const REFERENCE = haproxy;

export const SUBJECTS: readonly Subject[] = [
  direct,
  ecluse,
  ecluseShield,
  ecluseKernel,
  ecluseOther,
  haproxy,
  haproxyTwoThreads,
  haproxySplice,
  haproxyFrontends,
  haproxyMap,
  haproxy64k,
  nginx,
  nginx64k,
  nginxGeo,
  socat,
  pipe,
];
