import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@drydock/kit";
import * as fc from "fast-check";
import t from "tap";
import { removeTree } from "../store/remove-tree.ts";
import { type NewEntry, writeTar } from "../tar/write.ts";
import { type RawEntry, rawTar } from "../testing/raw-tar.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { treeSnapshot } from "../testing/tree-snapshot.ts";
import { unpackTar } from "../testing/unpack-tar.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

const component = fc.oneof(
  fc.constantFrom("a", "b", "c", "usr", "with space", "new\nline", "\xff\xfe", "-dash", "ü"),
  fc.string({ minLength: 90, maxLength: 120, unit: fc.constantFrom("l", "o") }),
);
const metadata = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1, 1000, 2_097_152, 4_000_000_000),
  gid: fc.constantFrom(0, 7, 65_534, 3_000_000_000),
  mtime: fc.integer({ min: 0, max: 2 ** 33 }),
});

/**
 * A tree that an honest tool could have packed: parents come first, no name twice, hard links lead to files before
 * them.
 */
const honestEntries = fc
  .array(
    fc.record({
      parent: fc.nat(),
      name: component,
      kind: fc.constantFrom("file", "directory", "symlink", "hardlink", "fifo" as const),
      content: fc.uint8Array({ maxLength: 1500 }),
      target: fc.array(fc.constantFrom("a", "b", "usr"), { minLength: 1, maxLength: 3 }),
      absolute: fc.boolean(),
      other: fc.nat(),
      metadata,
    }),
    { maxLength: 25 },
  )
  .map((plans) => {
    const directories = [""];
    const files: string[] = [];
    const names = new Set<string>();
    const entries: NewEntry[] = [];
    for (const plan of plans) {
      const parent = directories[plan.parent % directories.length] as string;
      const name = parent === "" ? plan.name : `${parent}/${plan.name}`;
      const kind = plan.kind === "hardlink" && files.length === 0 ? "file" : plan.kind;
      if (names.has(name) || name.length > 2000) continue;
      names.add(name);
      const entry: NewEntry = { ...plan.metadata, name, kind };
      if (kind === "directory") directories.push(name);
      if (kind === "symlink") entry.linkname = (plan.absolute ? "/" : "") + plan.target.join("/");
      if (kind === "hardlink") entry.linkname = files[plan.other % files.length] as string;
      if (kind === "file") {
        files.push(name);
        entry.content = { size: plan.content.length, chunks: [plan.content] };
      }
      entries.push(entry);
    }
    return entries;
  });

async function tarOf(entries: NewEntry[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of writeTar(entries)) parts.push(part);
  return Buffer.concat(parts);
}

t.test("honest layers come out as GNU tar unpacks them", async (t) => {
  const base = await temporaryDirectory(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(honestEntries, fc.integer({ min: 1, max: 5000 }), async (entries, chunkSize) => {
      const [ours, theirs] = [join(base, `ours-${++run}`), join(base, `theirs-${run}`)];
      const tar = await tarOf(entries);
      await unpackTar(tar, ours, { chunkSize });
      mkdirSync(theirs);
      // Without the delay GNU tar sets a directory's time when it leaves it, and loses it when it comes back.
      const exact = [
        "--same-permissions",
        "--same-owner",
        "--numeric-owner",
        "--absolute-names",
        "--delay-directory-restore",
      ];
      const args = [...exact, "--warning=no-timestamp", "-C", theirs, "-xf", "-"];
      execFileSync("tar", args, { input: tar });
      const [mine, expected] = [treeSnapshot(ours), treeSnapshot(theirs)];
      // The layer says nothing about its root.
      mine.delete("");
      expected.delete("");
      assert.deepStrictEqual(mine, expected);
      await Promise.all([removeTree(ours), removeTree(theirs)]);
    }),
    { numRuns: 60 },
  );
});

const harmlessName = fc
  .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"));
/** `@` stands for the directory outside that must not change. */
const wickedName = fc.oneof(
  fc.constantFrom(
    "@/kept",
    "@",
    "@/new",
    "a/../../victim/kept",
    ".wh..",
    "a/.wh...",
    ".wh..wh..opq",
    "a/.wh.b",
    "./",
    "",
  ),
  fc.array(fc.constantFrom("a", "..", ".", "", ".wh.a", "victim"), { maxLength: 5 }).map((parts) => parts.join("/")),
);
const wickedEntry: fc.Arbitrary<RawEntry> = fc.record(
  {
    name: fc.oneof({ weight: 6, arbitrary: harmlessName }, { weight: 1, arbitrary: wickedName }),
    typeflag: fc.constantFrom(..."00000011222255555556347"),
    linkname: fc.oneof(harmlessName, wickedName, fc.constantFrom("@", "@/kept", "/", "../victim", "../victim/kept")),
    content: fc.constantFrom("", "", "overwritten"),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    pax: fc.oneof(
      { weight: 20, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.constantFrom("path", "linkpath", "size", "uid"),
          fc.constantFrom("../x", "@", "9", "a"),
        ),
      },
    ),
  },
  { requiredKeys: ["name"] },
);

t.test("whatever a layer contains, nothing outside changes", async (t) => {
  const base = await temporaryDirectory(t);
  const victim = join(base, "victim");
  mkdirSync(victim);
  writeFileSync(join(victim, "kept"), "kept");
  const before = treeSnapshot(victim);
  let run = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(wickedEntry, { minLength: 1, maxLength: 8 }), async (templates) => {
      const real = (text: string | undefined) => text?.replace("@", victim) ?? "";
      const entries = templates.map((entry) => ({ ...entry, name: real(entry.name), linkname: real(entry.linkname) }));
      const root = join(base, `fs-${++run}`);
      try {
        await unpackTar(rawTar(entries), root);
      } catch (error) {
        if (!hasCode(error, "IMAGE_HOSTILE_LAYER", "IMAGE_MALFORMED")) throw error;
        refused++;
      }
      await removeTree(root);
      if (readdirSync(base).join() !== "victim") throw new Error(`appeared outside: ${readdirSync(base).join()}`);
      assert.deepStrictEqual(treeSnapshot(victim), before);
    }),
    { numRuns: 400 },
  );
  t.ok(refused > 50 && refused < 400, `both kinds were met: ${refused} of 400 refused`);
});

t.test("damaged bytes end in one of our errors, never in another", async (t) => {
  const base = await temporaryDirectory(t);
  let run = 0;
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(honestEntries, damage, fc.option(fc.nat()), async (entries, changes, cut) => {
      const tar = await tarOf(entries);
      for (const [offset, value] of changes) tar[offset % tar.length] = value;
      const root = join(base, `fs-${++run}`);
      try {
        await unpackTar(cut === null ? tar : tar.subarray(0, cut % tar.length), root);
      } catch (error) {
        if (!hasCode(error, "IMAGE_HOSTILE_LAYER", "IMAGE_MALFORMED")) throw error;
      }
      await removeTree(root);
    }),
    { numRuns: 200 },
  );
  t.equal(run >= 200, true);
});
