import { hasCode } from "@drydock/kit";
import { type ImageStore, normalizeReference, openImageStore } from "@drydock/oci";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { outputFormat } from "../get/format.ts";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { type Settings, settingsOf } from "../settings/settings.ts";
import { dataPaths } from "../supervisor/paths.ts";
import { requireDataDir } from "../supervisor/preflight.ts";
import { readRunning } from "../supervisor/record.ts";
import { byteSize } from "./byte-size.ts";
import { createdText } from "./created-text.ts";
import { pullProgress } from "./pull-progress.ts";

/** The store of the data directory: the nodes of its cluster have it mounted, so what is in it is on every node. */
async function open(command: Command): Promise<{ settings: Settings; store: ImageStore }> {
  const settings = await settingsOf(command);
  await requireDataDir(settings.dataDir);
  return { settings, store: await openImageStore({ directory: dataPaths(settings.dataDir).images }) };
}

export async function importImage(
  command: Command,
  path: string,
  { name, cluster }: { name: string; cluster?: boolean },
): Promise<void> {
  const { settings, store } = await open(command);
  const running = await readRunning(settings.dataDir);
  if (cluster && !running) {
    throw failure("CLUSTER_NOT_RUNNING", `no cluster runs on ${settings.dataDir}`, {
      hint: "drydock up --detach starts one; without --cluster the image is there when one is started",
    });
  }
  const image = await store.import(path, name);
  const where = running ? `, on ${running.nodes.length} node${running.nodes.length === 1 ? "" : "s"}` : "";
  print(`imported ${normalizeReference(name)} (${image.digest.slice(0, 19)}…, ${byteSize(image.size)}${where})`);
}

export async function pullImage(command: Command, reference: string): Promise<void> {
  const { store } = await open(command);
  const progress = pullProgress(process.stderr);
  try {
    const image = await store.pull(reference, { onProgress: progress.update });
    progress.end();
    print(`pulled ${normalizeReference(reference)} (${image.digest.slice(0, 19)}…, ${byteSize(image.size)})`);
  } finally {
    progress.end();
  }
}

export async function listImages(command: Command): Promise<void> {
  const { settings, store } = await open(command);
  const format = outputFormat(settings.output, ["yaml", "json", "name"]);
  const images = await store.list();
  if (format === "yaml" || format === "json") return print(await objectText(images, format));
  if (format === "name") return print(images.flatMap(({ names }) => names).join("\n"));
  if (images.length === 0) return remark(`No images in ${settings.dataDir}`);
  const now = Date.now();
  const rows = images.flatMap(({ names, digest, size, createdAt }) =>
    (names.length > 0 ? names : [undefined]).map((name) => [
      name,
      digest.slice(0, 19),
      byteSize(size),
      createdText(createdAt, now),
    ]),
  );
  print(tableLines(["Name", "Digest", "Size", "Created"], rows).join("\n"));
}

export async function removeImages(command: Command, references: readonly string[]): Promise<void> {
  const { settings, store } = await open(command);
  for (const reference of references) {
    await store.remove(reference);
    print(`removed ${reference}`);
  }
  // Containers of a running cluster may use the layers; its agents collect them when they no longer do.
  if (await readRunning(settings.dataDir)) return;
  try {
    const { freedBytes } = await store.collectGarbage();
    if (freedBytes > 0) remark(`${byteSize(freedBytes)} freed`);
  } catch (error) {
    if (!hasCode(error, "IMAGE_IN_USE")) throw error;
  }
}
