import { randomBytes, randomUUID } from "node:crypto";
import type { Command } from "commander";
import { engineContext } from "./engine.ts";
import { placeOf } from "./place.ts";
import { addRecord, type ContainerRecord } from "./record.ts";
import { checkName, type RunFlags, requestOf } from "./request.ts";
import { runAttached } from "./run-attached.ts";
import { runDetached } from "./run-detached.ts";

export async function run(command: Command, image: string, words: string[], flags: RunFlags): Promise<void> {
  const context = await engineContext(command);
  const runtime = context.kind ?? "native";
  const record: ContainerRecord = {
    name: flags.name === undefined ? nameFor(image) : checkName(flags.name),
    uid: randomUUID(),
    runtime,
    ...(context.socket === undefined ? {} : { socket: context.socket }),
    createdAt: new Date().toISOString(),
    request: requestOf(image, words, flags),
  };
  await addRecord(placeOf(context.dataDir, runtime), record);
  await (flags.detach ? runDetached(context.dataDir, record) : runAttached(context.dataDir, record));
}

/** The image's last word and four digits: `busybox-3f9a`. */
function nameFor(image: string): string {
  const [path = ""] = image.split("@");
  const word = (path.split("/").at(-1) ?? "").replace(/:.*$/, "").toLowerCase();
  const letters = word
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 50);
  return `${letters || "container"}-${randomBytes(2).toString("hex")}`;
}
