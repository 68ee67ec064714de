import type { RuntimeKind } from "@drydock/node-agent";
import { normalizeReference } from "@drydock/oci";
import type { Command } from "commander";
import { outputFormat } from "../get/format.ts";
import { byteSize } from "../images/byte-size.ts";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { type EngineContext, engineContext, type Target, withEngine } from "./engine.ts";

function targetOf({ socket }: EngineContext, runtime: RuntimeKind): Target {
  return { runtime, ...(socket === undefined ? {} : { socket }) };
}

/** The runtime that was asked for, when its images are not those of our own store alone. */
export async function foreignRuntime(command: Command): Promise<RuntimeKind | undefined> {
  const { kind } = await engineContext(command);
  return kind === "native" ? undefined : kind;
}

export async function pullFor(command: Command, kind: RuntimeKind, reference: string): Promise<void> {
  const context = await engineContext(command);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
  const image = await withEngine(context.dataDir, targetOf(context, kind), ({ images }) =>
    images.pull(reference, interrupted.signal),
  );
  print(
    `pulled ${normalizeReference(reference)} for ${kind} (${image.id.slice(0, 19)}…, ${byteSize(image.sizeBytes)})`,
  );
}

export async function listFor(command: Command, kind: RuntimeKind): Promise<void> {
  const context = await engineContext(command);
  const format = outputFormat(context.settings.output, ["yaml", "json", "name"]);
  const images = await withEngine(context.dataDir, targetOf(context, kind), (engine) => engine.images.list());
  if (format === "yaml" || format === "json") return print(await objectText(images, format));
  if (format === "name") return print(images.flatMap(({ names }) => names).join("\n"));
  if (images.length === 0) return remark(`${kind} has no images`);
  const rows = images.flatMap(({ names, id, sizeBytes }) =>
    (names.length > 0 ? names : [undefined]).map((name) => [name, id.slice(0, 19), byteSize(sizeBytes)]),
  );
  print(tableLines(["Name", "Digest", "Size"], rows).join("\n"));
}
