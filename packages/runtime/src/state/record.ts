import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import type { ContainerCgroup } from "@drydock/linux";
import type { Hooks } from "../types.ts";

/** What is remembered about a container, because it cannot be observed; everything else is looked up each time. */
export interface ContainerRecord {
  id: string;
  ociVersion: string;
  created: string;
  started?: string;
  annotations: Record<string, string>;
  notEnforced: string[];
  /** Directory of the bundle, where the container was made from one. */
  bundle?: string;
  /** root.path of its configuration. */
  rootfs: string;
  /** It has the session keyring of its caller. */
  keepKeyring?: boolean;
  /** For those that run later, up to its end. */
  hooks?: Hooks;
  /** Absolute path of the cgroup's directory. */
  cgroup?: string;
  /** Its directories in cgroup v1 hierarchies, by controller. */
  legacyCgroups?: Readonly<Record<string, string>>;
  /** Root of the hierarchy below which that cgroup was made. */
  cgroupRoot?: string;
  /**
   * Identity of the first process, for when no shim vouches for the pid: it was killed, or the container was handed over
   * to its caller. A container with gates is created once this is written.
   */
  pid?: number;
  pidStartTime?: number;
}

const fileName = "container.json";

/** The first one, in a directory that nobody else writes to: whoever reads half of it sees a creation that has only begun. */
export function writeFirstRecord(directory: string, record: ContainerRecord): void {
  writeFileSync(join(directory, fileName), textOf(record), { flag: "wx" });
}

/** Replaces the record as a whole. Not synced to disk: after a power cut there is no container that it could describe. */
export function writeRecord(directory: string, record: ContainerRecord): void {
  const temporary = join(directory, `.${fileName}`);
  writeFileSync(temporary, textOf(record));
  renameSync(temporary, join(directory, fileName));
}

/** Undefined when there is no such container, or its creation has only begun. */
export function readRecord(directory: string): ContainerRecord | undefined {
  try {
    const text = readFileSync(join(directory, fileName), "utf8");
    return text.endsWith("\n") ? (JSON.parse(text) as ContainerRecord) : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

function textOf(record: ContainerRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The directories of the container's cgroup. */
export function cgroupOfRecord({ cgroup, legacyCgroups }: ContainerRecord): ContainerCgroup {
  return { ...(cgroup === undefined ? {} : { unified: cgroup }), legacy: legacyCgroups ?? {} };
}
