/** The one word for how a flow is, of all that could be said of it. */

/**
 * The first that holds, in this order. `blocked`: a door cannot be opened. `closed`, `draining`: an operator's word.
 * `in-session`: at least one session is open. `down`, `free`: what the last session or probe told. `unheard`: nothing yet.
 */
export type FlowState = "blocked" | "closed" | "draining" | "in-session" | "down" | "free" | "unheard";
