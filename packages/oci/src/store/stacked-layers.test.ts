import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import * as fc from "fast-check";
import t from "tap";
import { buildImage } from "../build/build-image.ts";
import type { ImageFile } from "../build/image-file.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { listedOnly, treeSnapshot } from "../testing/tree-snapshot.ts";
import { openImageStore } from "./open-image-store.ts";
import { removeTree } from "./remove-tree.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "mounting and unpacking need root");
  process.exit(0);
}
if (spawnSync("umoci", ["--version"]).error) {
  t.plan(0, "umoci, which this compares with, is not installed (apt-get install umoci)");
  process.exit(0);
}

const name = fc.constantFrom("a", "b", "c");
/** One layer: for each path a file or a directory, with what it does to the layers below. */
const layer = fc
  .array(
    fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 3 }),
      what: fc.constantFrom("file", "file", "directory", "whiteout", "opaque"),
      content: fc.string({ maxLength: 10 }),
      mode: fc.constantFrom(0o600, 0o755, 0o1777),
    }),
    { maxLength: 6 },
  )
  .map((plans) => {
    const kinds = new Map<string, "file" | "directory" | "whiteout">();
    const files: ImageFile[] = [];
    const add = (path: string[], kind: "file" | "directory" | "whiteout", file: ImageFile): boolean => {
      for (let depth = 1; depth < path.length; depth++) {
        const parent = path.slice(0, depth).join("/");
        const existing = kinds.get(parent);
        if (existing !== undefined && existing !== "directory") return false;
        if (existing === undefined) {
          kinds.set(parent, "directory");
          files.push({ path: parent, directory: true });
        }
      }
      const key = path.join("/");
      if (kinds.has(key)) return kinds.get(key) === "directory" && kind === "directory";
      kinds.set(key, kind);
      files.push(file);
      return true;
    };
    const opaque = new Set<string>();
    for (const { path, what, content, mode } of plans) {
      const key = path.join("/");
      const whiteout = [...path.slice(0, -1), `.wh.${path.at(-1)}`].join("/");
      if (what === "file") add(path, "file", { path: key, content, mode });
      if (what === "whiteout") add(path, "whiteout", { path: whiteout, content: "" });
      if (what === "directory") add(path, "directory", { path: key, directory: true, mode });
      if (what === "opaque" && add(path, "directory", { path: key, directory: true, mode })) opaque.add(key);
    }
    for (const key of opaque) files.push({ path: `${key}/.wh..wh..opq`, content: "" });
    return { files };
  });

t.test("stacks of layers look in overlayfs as umoci unpacks them", async (t) => {
  const base = await temporaryDirectory(t);
  const store = await openImageStore({ directory: join(base, "store") });
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 2, maxLength: 4 }), async (layers) => {
      const work = await mkdtemp(join(base, "run-"));
      const [output, layout, merged, expected] = ["image.tar", "layout", "merged", "expected"].map((part) =>
        join(work, part),
      );
      assert.ok(output && layout && merged && expected);
      await mkdir(layout);
      await mkdir(merged);
      await buildImage({ layers, config: {}, name: "app", output });
      await runCommand("tar", ["-C", layout, "-xf", output]);
      await runCommand("umoci", ["raw", "unpack", "--image", `${layout}:latest`, expected]);
      const lower = await store.layers(await store.import(output, "app"));
      // One more, because overlayfs without an upper directory wants two.
      const options = `lowerdir=${lower.join(":")}:${join(base, "store/empty")}`;
      await runCommand("mount", ["-t", "overlay", "overlay", "-o", options, merged]);
      try {
        const [found, wanted] = [treeSnapshot(merged, { times: false }), treeSnapshot(expected, { times: false })];
        found.delete("");
        wanted.delete("");
        for (const [path, line] of found) if (line === listedOnly) found.delete(path);
        assert.deepStrictEqual(found, wanted);
      } finally {
        await runCommand("umount", [merged]);
      }
      await removeTree(work);
    }),
    { numRuns: 25 },
  );
});
