/** An image in a tar file (OCI image layout). Given; nothing to do here. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface Blob {
  mediaType: string;
  /** sha256:… */
  digest: string;
  /** Bytes. */
  size: number;
}

export interface Archive {
  manifest: Blob;
  config: Blob;
  /** Compressed, base first. */
  layers: Blob[];
  /** Digests of the same layers without compression. */
  diffIds: string[];
  /** Takes its time, as a registry would ($SLOW_MS). */
  read(blob: Blob): Promise<Buffer>;
}

export function openArchive(file: string): Archive {
  const directory = mkdtempSync(join(tmpdir(), "archive-"));
  execFileSync("tar", ["-xf", file, "-C", directory]);
  const bytes = ({ digest }: { digest: string }): Buffer =>
    readFileSync(join(directory, "blobs", ...digest.split(":")));
  const index = JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as { manifests: [Blob] };
  const [manifest] = index.manifests;
  const { config, layers } = JSON.parse(bytes(manifest).toString()) as { config: Blob; layers: Blob[] };
  const { rootfs } = JSON.parse(bytes(config).toString()) as { rootfs: { diff_ids: string[] } };
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  return {
    manifest,
    config,
    layers,
    diffIds: rootfs.diff_ids,
    read: async (blob) => {
      await delay(Number(process.env.SLOW_MS ?? 0));
      return bytes(blob);
    },
  };
}
