/** One session that stays open: node session.ts FROM HOST PORT sends each line (JSON) it is told, says what comes back. */
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [localAddress = "", host = "", port = ""] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), localAddress }, () => process.stdout.write("open\n"));
socket.on("data", (chunk: Buffer) => process.stdout.write(chunk));
for await (const line of createInterface({ input: process.stdin })) socket.write(`${line}\n`);
