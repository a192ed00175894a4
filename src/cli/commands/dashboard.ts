/** `ecluse dashboard`: serves the dashboard of a running gateway until it is told to stop. */
import { once } from "node:events";
import { formatEndpoint } from "../../observe/events.ts";
import { Dashboard } from "../../web/server/dashboard.ts";
import { USUAL_PLACE, readListen } from "../../web/server/listen-address.ts";
import { TokenFile } from "../../web/server/token.ts";
import { systemClock } from "../clock.ts";
import type { Invocation, Run } from "../command.ts";
import { controlSocket, inventoryGateway, stateFolder } from "../control-socket.ts";
import { textOption } from "../given.ts";
import { defaultState } from "../places.ts";
import { stopRequests } from "../stop-requests.ts";
import { tellBug } from "../told-bug.ts";

/** Serves without a gateway, too: then its pages say so, until there is one. */
export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const listen = readListen(textOption(options, "listen") ?? usualPlace(invocation));
  const state = stateFolder(invocation) ?? defaultState(invocation);
  const token = new TokenFile(state);
  if (options["new-token"] !== undefined) await token.replace();
  if (options["url"] !== undefined) {
    io.out(opening(`http://${listen.host}:${listen.port}/`, await token.current()));
    return 0;
  }
  const control = controlSocket(invocation);
  const { first } = stopRequests();
  await using dashboard = await Dashboard.start({ listen, control, state, clock: systemClock, failed: tellBug });
  io.out(opening(dashboard.url, await token.current()));
  if (!first.aborted) await once(first, "abort");
  return 0;
};

/** The token is behind a `#`, which no browser sends to anybody. */
function opening(url: string, token: string): string {
  return `${url}#token=${token}\n`;
}

function usualPlace(invocation: Invocation): string {
  const { dashboard } = inventoryGateway(invocation) ?? {};
  return dashboard === undefined ? USUAL_PLACE : formatEndpoint(dashboard);
}
