/** Connections that receive a lot, as fast as it comes, and compare every byte. */
import { connect } from "node:net";
import { BULK_PERIOD, bulkPattern, requestFor } from "../traffic.ts";
import { costOf } from "./cost.ts";
import type { Answer, Job, TargetDoor } from "./job.ts";

const MEBIBYTE = 1_048_576;
const BUFFER_BYTES = 65_536;
/** Long enough that a full buffer at any offset of the period lies in it. */
const PATTERN = bulkPattern(2);

type BulkJob = Extract<Job, { kind: "bulk" }>;

export async function measureBulk(job: BulkJob): Promise<Answer> {
  await receiveAll(job, job.warmup);
  const cost = await costOf(job, () => receiveAll(job, job.mebibytes));
  const gigabytes = (Math.ceil(job.mebibytes / job.connections) * job.connections * MEBIBYTE) / 1e9;
  const per = (seconds: number | undefined): number => (seconds ?? NaN) / gigabytes;
  const figures = {
    megabytesPerSecond: (gigabytes * 1000) / (cost["seconds"] ?? NaN),
    cpuPerGB: per(cost["cpuGateway"]),
    cpuAllPerGB: per(cost["cpuAll"]),
    ...cost,
  };
  return { figures, failures: 0 };
}

/** The doors in turn. */
async function receiveAll({ doors, connections }: BulkJob, mebibytes: number): Promise<void> {
  const share = Math.ceil(mebibytes / connections);
  const all = Array.from({ length: connections }, (_, index) =>
    receive(doors[index % doors.length] ?? doors[0], share),
  );
  await Promise.all(all);
}

function receive({ host, port }: TargetDoor, mebibytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const wanted = mebibytes * MEBIBYTE;
  let received = 0;
  const callback = (length: number, bytes: Uint8Array): boolean => {
    const offset = received % BULK_PERIOD;
    const right = PATTERN.compare(bytes, 0, length, offset, offset + length) === 0;
    if (!right) socket.destroy(new Error(`wrong bytes after ${received}`));
    received += length;
    if (received === wanted) socket.end();
    return right;
  };
  const socket = connect({ host, port, onread: { buffer: Buffer.alloc(BUFFER_BYTES), callback } });
  socket.write(requestFor("bulk", mebibytes));
  socket.on("error", reject);
  socket.on("close", () => {
    if (received === wanted) resolve(undefined);
    else reject(new Error(`closed after ${received} of ${wanted} bytes`));
  });
  return promise;
}
