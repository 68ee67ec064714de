import { hasCode } from "@drydock/kit";
import type { RuntimeKind } from "@drydock/node-agent";
import type { Command } from "commander";
import { outputFormat } from "../get/format.ts";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { shellWords } from "../output/shell-words.ts";
import { tableLines } from "../output/table.ts";
import { type EngineContext, engineContext, observe, withEngine } from "./engine.ts";
import { runtimeKinds } from "./place.ts";
import { type ContainerRecord, listRecords } from "./record.ts";
import { type ContainerView, statusText, viewOf } from "./status.ts";

export async function listContainers(command: Command, { all = false }: { all?: boolean }): Promise<void> {
  const context = await engineContext(command);
  const format = outputFormat(context.settings.output, ["yaml", "json", "name"]);
  const kinds = context.kind ? [context.kind] : runtimeKinds;
  const views = (await Promise.all(kinds.map((kind) => viewsOf(context, kind)))).flat();
  const shown = views.filter(({ state }) => all || state === "running" || state === "unknown");
  if (format === "json" || format === "yaml") return print(await objectText(shown, format));
  if (format === "name") return shown.length > 0 ? print(shown.map(({ name }) => name).join("\n")) : undefined;
  if (shown.length === 0) {
    return remark(views.length > 0 ? "No container runs; drydock ps -a shows those that ended" : "No containers");
  }
  const now = Date.now();
  const rows = shown.map((view) => [
    view.name,
    view.image,
    shellWords(view.command).slice(0, 30),
    view.runtime,
    statusText(view, now),
    view.ip,
  ]);
  print(tableLines(["Name", "Image", "Command", "Runtime", "Status", "Address"], rows).join("\n"));
}

async function viewsOf(context: EngineContext, kind: RuntimeKind): Promise<ContainerView[]> {
  const records = await listRecords(context.dataDir, kind);
  const daemons = Map.groupBy(records, ({ socket }) => socket);
  return (await Promise.all([...daemons.values()].map((own) => viewsOn(context, own)))).flat();
}

/** Of containers on one daemon. */
async function viewsOn({ dataDir, kind }: EngineContext, records: ContainerRecord[]): Promise<ContainerView[]> {
  try {
    return await withEngine(dataDir, records[0] as ContainerRecord, (engine) =>
      Promise.all(records.map(async (record) => viewOf(record, await observe(engine, record)))),
    );
  } catch (error) {
    // The containers of one runtime are shown although another does not answer.
    if (kind !== undefined || !hasCode(error, "CONTAINERD_UNREACHABLE")) throw error;
    return records.map((record) => viewOf(record, "unreachable"));
  }
}
