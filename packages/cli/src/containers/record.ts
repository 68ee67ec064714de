import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, writeFileAtomic } from "@drydock/kit";
import type { RuntimeKind } from "@drydock/node-agent";
import { failure } from "../errors.ts";
import { type Place, placeOf, runtimeKinds } from "./place.ts";

/** What was asked for. How the container is, the runtime knows. */
export interface ContainerRequest {
  image: string;
  /** Replaces the image's command. */
  command: string[];
  /** Replaces the image's entrypoint. */
  entrypoint?: string;
  env: { name: string; value: string }[];
  mounts: { hostPath: string; containerPath: string; readOnly: boolean }[];
  workingDir?: string;
  user?: { uid: number; gid?: number };
  memoryLimitBytes?: number;
  /** Cores. */
  cpus?: number;
  readOnly: boolean;
  /** The container goes when it has ended. */
  remove: boolean;
}

export interface ContainerRecord {
  name: string;
  /** A UUID: names it for the runtime. Its first 12 digits are the id that people see. */
  uid: string;
  runtime: RuntimeKind;
  /** Of the daemon that it is on, when it is not at its usual place. */
  socket?: string;
  createdAt: string;
  request: ContainerRequest;
}

/** Takes the name. Throws RUN_NAME_TAKEN. */
export async function addRecord(place: Place, record: ContainerRecord): Promise<void> {
  await mkdir(place.containers, { recursive: true, mode: 0o700 });
  try {
    await mkdir(join(place.containers, record.name));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw failure("RUN_NAME_TAKEN", `there is a container "${record.name}" already`, {
      hint: `drydock rm ${record.name} removes it; or give another --name`,
    });
  }
  await writeFileAtomic(fileOf(place, record.name), JSON.stringify(record), 0o600);
}

/** Gives the name back. Idempotent. */
export async function removeRecord(place: Place, name: string): Promise<void> {
  await rm(join(place.containers, name), { recursive: true, force: true });
  await rm(join(place.logs, name), { recursive: true, force: true });
}

/** All containers of a runtime, oldest first. */
export async function listRecords(dataDir: string, kind: RuntimeKind): Promise<ContainerRecord[]> {
  const place = placeOf(dataDir, kind);
  const names = await readdir(place.containers).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  });
  const records = await Promise.all(names.map((name) => readRecord(place, name)));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.name.localeCompare(b.name));
}

/** Undefined for one that is just being made or removed. */
async function readRecord(place: Place, name: string): Promise<ContainerRecord | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(place, name), "utf8")) as ContainerRecord;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw failure("RUN_RECORD", `${fileOf(place, name)} cannot be read`, {
      hint: `drydock rm -f ${name} removes what is left of the container`,
      cause: error,
    });
  }
}

function fileOf(place: Place, name: string): string {
  return join(place.containers, name, "container.json");
}

export function shortId({ uid }: Pick<ContainerRecord, "uid">): string {
  return uid.replaceAll("-", "").slice(0, 12);
}

/** Those that a word means: its name, or the beginning of its id. */
export async function findRecords(
  dataDir: string,
  word: string,
  kinds: readonly RuntimeKind[] = runtimeKinds,
): Promise<ContainerRecord[]> {
  const all = (await Promise.all(kinds.map((kind) => listRecords(dataDir, kind)))).flat();
  const named = all.filter(({ name }) => name === word);
  if (named.length > 0 || word.length < 3) return named;
  return all.filter((record) => record.uid.replaceAll("-", "").startsWith(word));
}

/** The one that a word means. Throws RUN_NOT_FOUND or RUN_AMBIGUOUS. */
export async function findRecord(dataDir: string, word: string, kind?: RuntimeKind): Promise<ContainerRecord> {
  const found = await findRecords(dataDir, word, kind ? [kind] : runtimeKinds);
  const [record, other] = found;
  if (!record) {
    throw failure("RUN_NOT_FOUND", `there is no container "${word}"${kind ? ` on ${kind}` : ""}`, {
      hint: "drydock ps -a shows the containers of this machine; drydock get pods those of the cluster",
    });
  }
  if (other) {
    throw failure(
      "RUN_AMBIGUOUS",
      `"${word}" may be ${found.map(({ name, runtime }) => `${name} on ${runtime}`).join(" or ")}`,
      {
        hint: "give --runtime, or more of the id",
      },
    );
  }
  return record;
}
