import { hostileEntry } from "../hostile-entry.ts";

/** What a name with the `.wh.` prefix asks for (image-spec layer.md, "Whiteouts"). */
export type Whiteout =
  | { kind: "none" }
  /** `.wh.NAME`: NAME of the layers below is gone. */
  | { kind: "remove"; path: string[] }
  /** `.wh..wh..opq`: everything of the layers below in this directory is gone. */
  | { kind: "opaque"; path: string[] }
  /**
   * Book-keeping of AUFS (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`) that old images contain; every tool skips it.
   */
  | { kind: "skip" };

const prefix = ".wh.";
const metaPrefix = ".wh..wh.";
const opaqueName = ".wh..wh..opq";

export function whiteoutOf(name: string, path: readonly string[]): Whiteout {
  const last = path.at(-1) ?? "";
  const parents = path.slice(0, -1);
  if (parents.some((component) => component.startsWith(metaPrefix))) return { kind: "skip" };
  if (parents.some((component) => component.startsWith(prefix))) throw hostileEntry(name, "lies below a whiteout");
  if (!last.startsWith(prefix)) return { kind: "none" };
  if (last === opaqueName) return { kind: "opaque", path: parents };
  if (last.startsWith(metaPrefix)) return { kind: "skip" };
  const removed = last.slice(prefix.length);
  if (removed === "" || removed === "." || removed === "..") {
    throw hostileEntry(name, `whiteout of ${JSON.stringify(removed)}, which is not a name`);
  }
  return { kind: "remove", path: [...parents, removed] };
}
