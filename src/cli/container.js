/**
 * The first file of the container image. What a container is told is a command line of `ecluse`; an address and a port
 * alone, as the founding document writes them (`command: 172.17.1.10 8888`), mean `forward 172.17.1.10 8888`.
 */
import { isIPv4 } from "node:net";

// No command's name is an address.
if (isIPv4(process.argv[2] ?? "")) process.argv.splice(2, 0, "forward");
await import("./ecluse.js");
