import type { PullProgress } from "@drydock/oci";
import { byteSize } from "./byte-size.ts";

/** One line that is redrawn on a terminal; elsewhere a line for each blob that is done. */
export function pullProgress(out: NodeJS.WriteStream): { update: (progress: PullProgress) => void; end: () => void } {
  const blobs = new Map<string, PullProgress>();
  const told = new Set<string>();
  let drawn = false;
  const erase = (): void => {
    if (drawn) out.write("\r\u001b[K");
    drawn = false;
  };
  return {
    update(progress) {
      blobs.set(progress.digest, progress);
      if (!out.isTTY) {
        if (progress.state !== "done" || told.has(progress.digest)) return;
        told.add(progress.digest);
        out.write(`${progress.digest.slice(0, 19)}… ${byteSize(progress.total)}\n`);
        return;
      }
      const all = [...blobs.values()];
      const done = all.reduce((sum, blob) => sum + blob.done, 0);
      const total = all.reduce((sum, blob) => sum + blob.total, 0);
      const finished = all.filter(({ state }) => state === "done").length;
      erase();
      out.write(`${finished}/${all.length} blobs, ${byteSize(done)} of ${byteSize(total)}`);
      drawn = true;
    },
    end: erase,
  };
}
