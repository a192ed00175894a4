/** Which services the machine's own nginx serves: it listens where its configuration says, not where a variable does. */
import type { Service } from "../inventory/model.ts";

export const NGINX_UNIT = "nginx";

/** The unit says so; or nothing says how the service is started or told its address, as with a page that nginx serves. */
export function isServedByNginx({ unit, hostVariable }: Service): boolean {
  return unit === NGINX_UNIT || (unit === undefined && hostVariable === undefined);
}
