import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";

/** What is remembered about a container, because it cannot be observed; everything else is looked up each time. */
export interface ContainerRecord {
  id: string;
  created: string;
  started?: string;
  annotations: Record<string, string>;
  notEnforced: string[];
  /** Absolute path of the cgroup's directory. */
  cgroup?: string;
  /** Root of the hierarchy below which that cgroup was made. */
  cgroupRoot?: string;
  /** Identity of the first process, for the case that the shim is killed and can vouch for the pid no more. */
  pid?: number;
  pidStartTime?: number;
}

const fileName = "container.json";

/** Replaces the record as a whole. Not synced to disk: after a power cut there is no container that it could describe. */
export function writeRecord(directory: string, record: ContainerRecord): void {
  const temporary = join(directory, `.${fileName}`);
  writeFileSync(temporary, `${JSON.stringify(record)}\n`);
  renameSync(temporary, join(directory, fileName));
}

/** Undefined when there is no such container, or its creation has only begun. */
export function readRecord(directory: string): ContainerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, fileName), "utf8")) as ContainerRecord;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
