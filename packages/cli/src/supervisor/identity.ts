import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { errnoOf } from "@drydock/kit";

/**
 * The names of a cluster's kernel objects. All follow from the data directory, so that they can be found again without a record of what was
 * made, and so that clusters beside one another never meet.
 */
export interface Identity {
  /** Eight hex digits. */
  id: string;
  /** Network interface: 15 characters at most. */
  bridge: string;
  /** Below the cgroup2 mount. */
  cgroup: string;
  /** nft table. */
  table: string;
  /** NAME=value in the environment of every process that the supervisor starts. */
  marker: string;
}

export const markerVariable = "DRYDOCK_CLUSTER";

export function identityOf(dataDir: string): Identity {
  const id = createHash("sha256").update(realPath(dataDir)).digest("hex").slice(0, 8);
  return {
    id,
    bridge: `dd-${id}`,
    cgroup: `drydock-${id}`,
    table: `drydock_${id}`,
    marker: `${markerVariable}=${id}`,
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return path;
    throw error;
  }
}
