import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, runCommand, writeFileAtomic } from "@drydock/kit";
import { failure } from "../errors.ts";
import { formatCidr, overlaps, parseCidr } from "../network/cidr.ts";
import { networksInUse } from "../supervisor/host/networks-in-use.ts";
import { closeOutbound, openOutbound, tableExists } from "../supervisor/host/outbound.ts";
import { identityOf } from "../supervisor/identity.ts";
import { takeLock } from "../supervisor/lock.ts";

/** The network of the containers of one data directory; those of a CRI runtime have that runtime's. */
export interface RunNetwork {
  bridge: string;
  /** A /24; its first address is the host's. */
  podCidr: string;
}

const lockWaitMs = 30_000;

/** Names of the network's kernel objects follow from the data directory, as those of a cluster do. */
function identity(dataDir: string) {
  const { id } = identityOf(dataDir);
  return { id, bridge: `ddr${id}`, table: `drydock_run_${id}` };
}

/** The network that there is, or will be; nothing is made. */
export async function findNetwork(dataDir: string): Promise<RunNetwork> {
  const { bridge } = identity(dataDir);
  const podCidr = await readFile(fileOf(dataDir), "utf8").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  // Whoever only looks needs no range of its own.
  return { bridge, podCidr: podCidr ?? "10.87.0.0/24" };
}

/** Chooses the range, and opens the way out, before the first container. Idempotent. */
export async function openNetwork(dataDir: string): Promise<RunNetwork> {
  return locked(dataDir, async () => {
    const own = identity(dataDir);
    const file = fileOf(dataDir);
    const present = await readFile(file, "utf8").catch(() => undefined);
    const podCidr = present ?? chooseRange(await networksInUse(own.bridge), own.id);
    if (present === undefined) {
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomic(file, podCidr);
    }
    if (!(await tableExists(own))) await openOutbound(own, { cidr: podCidr });
    return { bridge: own.bridge, podCidr };
  });
}

/** Takes the network away when `isUsed` says that no container is left. Idempotent. */
export async function closeNetwork(dataDir: string, isUsed: () => Promise<boolean>): Promise<void> {
  await locked(dataDir, async () => {
    if (await isUsed()) return;
    const own = identity(dataDir);
    await closeOutbound(own);
    // It is not there when no container had a network.
    await runCommand("ip", ["link", "del", own.bridge]).catch(() => {});
    await rm(fileOf(dataDir), { force: true });
  });
}

/** A /24 of 10.87.0.0/16, or else of 10.0.0.0/8, that overlaps nothing. Data directories begin at different places. Pure. */
export function chooseRange(taken: readonly string[], id: string): string {
  const used = taken.map(parseCidr).filter((cidr) => cidr !== undefined);
  const first = createHash("sha256").update(id).digest()[0] as number;
  const ranges = [87, ...Array(256).keys()].flatMap((second) =>
    [...Array(256).keys()].map((i) => ({
      base: 10 * 2 ** 24 + second * 2 ** 16 + ((first + i) % 256) * 256,
      prefix: 24,
    })),
  );
  const found = ranges.find((range) => !used.some((cidr) => cidr.prefix > 0 && overlaps(range, cidr)));
  if (found) return formatCidr(found);
  throw failure("CLUSTER_NO_NETWORK", "every /24 of 10.0.0.0/8 is in use on this machine");
}

async function locked<T>(dataDir: string, action: () => Promise<T>): Promise<T> {
  const { id } = identity(dataDir);
  const lock = await takeLock(`run-network-${id}`, lockWaitMs, "another drydock run is setting the network up");
  try {
    return await action();
  } finally {
    await lock.release();
  }
}

function fileOf(dataDir: string): string {
  return join(dataDir, "run", "network");
}
