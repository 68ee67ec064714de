import type { Command } from "commander";
import { settingsOf } from "../settings/settings.ts";
import { type ContainerRecord, findRecord, findRecords } from "./record.ts";

/**
 * The container without a cluster that `logs NAME` or `exec NAME` means, or undefined when it means a pod: with --runtime always the container;
 * with a flag that only pods have, or `pod/NAME`, always the pod; else the container, where there is one of that name.
 */
export async function meantContainer(
  command: Command,
  word: string | undefined,
  hasPodFlags: boolean,
): Promise<ContainerRecord | undefined> {
  const { runtime } = command.opts<{ runtime?: string }>();
  if (runtime === undefined && (word === undefined || hasPodFlags || word.includes("/"))) return undefined;
  const settings = await settingsOf(command);
  if (runtime !== undefined) return findRecord(settings.dataDir, word ?? "", settings.runtime);
  const [found, other] = await findRecords(settings.dataDir, word ?? "");
  // Several: findRecord says so.
  return other ? findRecord(settings.dataDir, word ?? "") : found;
}
