import { randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { readTextIfExists } from "@drydock/kit";
import type { ProcessConfig } from "@drydock/runtime";
import { agentError } from "../errors.ts";

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  cgroupParent: string;
  hostname: string;
}

export interface SandboxRecord {
  ip: string;
  createdAt: string;
}

/** What is known of a container before it is started; how it goes on is known to the runtime. */
export interface ContainerRecord {
  id: string;
  podUid: string;
  name: string;
  attempt: number;
  image: string;
  imageId: string;
  specHash: string;
  failures: number;
  createdAt: string;
  logPath: string;
  stopSignal: number;
  /** For exec: who the container's processes are. */
  process: ProcessConfig;
  /** Layer directories that it stands on. */
  layers: string[];
}

/** A start that failed: the runtime keeps nothing of it. */
export interface FailureRecord {
  reason: string;
  message: string;
  exitCode: number;
  finishedAt: string;
}

/** Replaces a record as a whole. Not synced to disk: after a power cut no container of it is left, and an empty record is recognised. */
export async function writeRecord(path: string, record: object): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  // Variables may be secrets.
  await writeFile(temporary, JSON.stringify(record), { mode: 0o600 });
  await rename(temporary, path);
}

/** Undefined when there is none. */
export async function readRecord<T>(path: string): Promise<T | undefined> {
  const text = await readTextIfExists(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw agentError("AGENT_BAD_RECORD", `${path} is damaged`, {
      hint: "delete the pod's directory, or the pod",
      cause,
    });
  }
}
