/**
 * The Dockerfile of the image that both forms of compose start. The same for every inventory.
 *
 * Its context is a checkout: `npm ci` in a stage of its own brings what `package-lock.json` names, Node among it, so that
 * the base needs only a C and a C++ library. Nothing in the image can be written by the user that it runs as.
 */
import { VERSION } from "../../version.ts";

/** The image's name. */
export const IMAGE = `ecluse:${VERSION}`;

/** User and group that the program runs as; they need no name, and belong to nobody on a usual host. */
export const USER = "65532:65532";

/** Where things are inside a container. */
export const PLACES = {
  inventory: "/etc/ecluse/ecluse.yaml",
  state: "/var/lib/ecluse",
  control: "/run/ecluse/ecluse.sock",
} as const;

/** Node's options, as in `src/cli/ecluse.js`; code that was compiled with others is not taken from the cache. */
const NODE = ["node", "--max-semi-space-size=2", "--v8-pool-size=1", "--conditions=source"] as const;

/** A command line of the program, for what Docker runs without a shell. */
export function programLine(...words: readonly string[]): readonly string[] {
  return [...NODE, "/opt/ecluse/src/cli/ecluse.js", ...words];
}

export const DOCKERFILE = `#
# The image of Ecluse ${VERSION}, built from a checkout of that version:
#
#   docker build --file Dockerfile --tag ${IMAGE} CHECKOUT
#
# What a container is told is a command line of ecluse (serve, status ...); an address and a port alone, as in
# "command: 172.17.1.10 8888", mean "forward 172.17.1.10 8888".

# Where it runs: any system with glibc 2.28 and libstdc++ 6. No shell is needed.
ARG BASE=debian:bookworm-slim
# Where npm runs, while it is built. The Node that the program runs with is not this one: npm ci brings it.
ARG NPM=node:24-bookworm-slim

FROM \${NPM} AS program
WORKDIR /opt/ecluse
COPY package.json package-lock.json .npmrc ./
COPY packages/guard/package.json packages/guard/
COPY tools/runtime/package.json tools/runtime/
RUN npm ci --omit=dev \\
 && mkdir bin \\
 && mv node_modules/node-linux-*/bin/node bin/ \\
 && rm -r node_modules/node-linux-* node_modules/.bin \\
 && ln -s ../src/cli/ecluse.js bin/ecluse \\
 && install -d -o ${USER.replace(":", " -g ")} cache state
COPY packages/guard/src packages/guard/src
COPY src src
COPY examples/demo.yaml examples/terminals.yaml examples/
COPY tools/compile-cache.ts tools/
# As the same user, with the same Node and options, for only then is it found again.
USER ${USER}
RUN NODE_COMPILE_CACHE=/opt/ecluse/cache bin/${NODE.join(" ")} tools/compile-cache.ts

FROM \${BASE}
COPY --from=program /opt/ecluse /opt/ecluse
COPY --from=program --chown=${USER} /opt/ecluse/state ${PLACES.state}
ENV PATH=/opt/ecluse/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    NODE_COMPILE_CACHE=/opt/ecluse/cache
USER ${USER}
STOPSIGNAL SIGTERM
ENTRYPOINT ${JSON.stringify([...NODE, "/opt/ecluse/src/cli/container.js"]).replaceAll(",", ", ")}
CMD ["serve"]
`;
