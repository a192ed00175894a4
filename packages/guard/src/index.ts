/** The face of the package. */
export type { Allow } from "./allow-list.ts";
export { ALLOWED_SOURCE_IP, type EnvironmentOptions, guardFromEnvironment } from "./environment.ts";
export { GuardError, type GuardErrorCode } from "./error.ts";
export { createGuard, type Guard, type GuardOptions } from "./guard.ts";
export { listenOn, type ListenOptions } from "./listen-on.ts";
export type { Refusal } from "./refusals.ts";
