import type { Command } from "commander";
import { settingsOf } from "../settings/settings.ts";
import { runtimeKinds } from "./place.ts";
import { listRecords } from "./record.ts";

/** Names of containers for a shell's completion, each with its image. */
export async function containerNames(self: Command): Promise<string[]> {
  const { dataDir } = await settingsOf(self);
  const records = (await Promise.all(runtimeKinds.map((kind) => listRecords(dataDir, kind)))).flat();
  return records.map(({ name, request }) => `${name}\t${request.image}`);
}
