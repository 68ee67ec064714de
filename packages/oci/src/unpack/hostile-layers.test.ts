import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hasCode } from "@drydock/kit";
import t from "tap";
import { directory, file, hardlink, type RawEntry, rawTar, symlink } from "../testing/raw-tar.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { treeSnapshot } from "../testing/tree-snapshot.ts";
import { unpackTar } from "../testing/unpack-tar.ts";
import type { LayerLimits } from "./limits.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

/** Each is refused for this reason. `/victim` stands for a directory outside that exists and must not change. */
const attacks: Record<
  string,
  { entries: (victim: string) => RawEntry[]; reason: RegExp; limits?: Partial<LayerLimits> }
> = {
  "a name with ..": { entries: () => [file("../escaped")], reason: /contains "\.\."/ },
  "a name with .. inside": { entries: () => [directory("a/"), file("a/../../escaped")], reason: /contains "\.\."/ },
  "an empty name": { entries: () => [file("")], reason: /empty/ },
  "a symlink to the outside as parent": {
    entries: (victim) => [symlink("out", victim), file("out/new")],
    reason: /parent "out" is a symlink/,
  },
  "a symlink to the outside as grandparent": {
    entries: (victim) => [directory("a/"), symlink("a/out", victim), file("a/out/deep/new")],
    reason: /parent "a\/out" is a symlink/,
  },
  "a symlink to the inside as parent": {
    entries: () => [directory("a/"), symlink("b", "a"), file("b/new")],
    reason: /parent "b" is a symlink/,
  },
  "a relative symlink that leaves": { entries: () => [symlink("a/up", "../../victim")], reason: /leaves the layer/ },
  "a relative symlink that leaves and comes back": {
    entries: () => [symlink("up", "../fs/etc")],
    reason: /leaves the layer/,
  },
  "a symlink without a target": { entries: () => [symlink("empty", "")], reason: /no target/ },
  "a file through a symlink of the same name": {
    entries: (victim) => [symlink("x", `${victim}/kept`), file("x", "overwritten")],
    reason: /second entry/,
  },
  "a directory in place of a symlink": {
    entries: (victim) => [symlink("x", victim), directory("x/", { mode: 0o777 }), file("x/new")],
    reason: /a symlink already is/,
  },
  "a symlink in place of a directory": {
    entries: (victim) => [directory("x/"), symlink("x", victim), file("x/new")],
    reason: /a directory already is/,
  },
  "two files of one name": { entries: () => [file("x", "1"), file("x", "2")], reason: /second entry/ },
  "two files of one name, spelled differently": {
    entries: () => [file("a/x"), file("./a//x")],
    reason: /second entry/,
  },
  "a hard link to an absolute path": {
    entries: (victim) => [hardlink("stolen", `${victim}/kept`)],
    reason: /hard link to an absolute path/,
  },
  "a hard link with ..": { entries: () => [hardlink("stolen", "../victim/kept")], reason: /contains "\.\."/ },
  "a hard link to a symlink": {
    entries: (victim) => [symlink("s", `${victim}/kept`), hardlink("h", "s")],
    reason: /hard link to a symlink/,
  },
  "a hard link through a symlink": {
    entries: (victim) => [symlink("s", victim), hardlink("h", "s/kept")],
    reason: /through something that is not a directory/,
  },
  "a hard link to what is not there": { entries: () => [hardlink("h", "missing")], reason: /not in this layer/ },
  "a hard link to a directory": {
    entries: () => [directory("d/"), hardlink("h", "d")],
    reason: /hard link to a directory/,
  },
  "a hard link to a whiteout": {
    entries: () => [file(".wh.w"), hardlink("h", "w")],
    reason: /hard link to a whiteout/,
  },
  "a hard link, then content through it": {
    entries: () => [file("a", "1"), hardlink("b", "a"), file("b", "2")],
    reason: /second entry/,
  },
  "a character device": { entries: () => [{ name: "dev/mem", typeflag: "3" }], reason: /char-device/ },
  "a block device": { entries: () => [{ name: "dev/sda", typeflag: "4" }], reason: /block-device/ },
  "a whiteout of .": { entries: () => [file(".wh..")], reason: /not a name/ },
  "a whiteout of ..": { entries: () => [file("a/.wh...")], reason: /not a name/ },
  "a whiteout of nothing": { entries: () => [file(".wh.")], reason: /not a name/ },
  "a whiteout through a symlink": {
    entries: (victim) => [symlink("s", victim), file("s/.wh.kept")],
    reason: /parent "s" is a symlink/,
  },
  "an opaque mark through a symlink": {
    entries: (victim) => [symlink("s", victim), file("s/.wh..wh..opq")],
    reason: /parent "s" is a symlink/,
  },
  "a whiteout that is a directory": { entries: () => [directory(".wh.x/")], reason: /whiteout is a directory/ },
  "an entry below a whiteout": { entries: () => [file(".wh.x/y")], reason: /below a whiteout/ },
  "a whiteout with content": { entries: () => [file(".wh.x", "data")], reason: /has content/ },
  "a root that is a symlink": {
    entries: (victim) => [symlink("./", victim), file("new")],
    reason: /root of the layer/,
  },
  "a file as parent": { entries: () => [file("f"), file("f/g")], reason: /parent "f" is a file/ },
  "a pax path with NUL": { entries: () => [file("x", "", { pax: { path: "good\0/../../evil" } })], reason: /NUL/ },
  "a pax link with NUL": {
    entries: () => [{ ...symlink("x", "y"), pax: { linkpath: "good\0bad" } }],
    reason: /NUL/,
  },
  "a pax path that differs from the header's": {
    entries: () => [file("harmless", "", { pax: { path: "../evil" } })],
    reason: /contains "\.\."/,
  },
  "a pax size that hides an entry": {
    entries: () => [{ ...directory("d/"), pax: { size: "512" } }, file("hidden")],
    reason: /claims 512 bytes/,
  },
  "a link that claims content": { entries: () => [{ ...symlink("l", "x"), size: 1024 }], reason: /claims 1024 bytes/ },
  "a negative pax size": { entries: () => [file("x", "", { pax: { size: "-1" } })], reason: /size is -1/ },
  "a path for all entries": {
    entries: () => [{ name: "g", typeflag: "g", content: "14 path=../x\n".replace("14", "13") }, file("a")],
    reason: /for all entries/,
  },
  "an owner beyond 32 bits": { entries: () => [file("x", "", { pax: { uid: "4294967296" } })], reason: /uid is/ },
  "a huge pax header": {
    entries: () => [{ name: "x", typeflag: "x", size: 1 << 30 }],
    reason: /extended header of/,
  },
  "attributes that steer overlayfs": {
    entries: () => [directory("d/", { pax: { "SCHILY.xattr.trusted.overlay.redirect": "/etc" } })],
    reason: /trusted\.overlay\.redirect/,
  },
  "too many entries": {
    entries: () => Array.from({ length: 11 }, (_, i) => file(`f${i}`)),
    reason: /more than 10 entries/,
    limits: { entries: 10 },
  },
  "too many bytes": {
    entries: () => [file("big", Buffer.alloc(100_000))],
    reason: /larger than 50000 bytes/,
    limits: { bytes: 50_000 },
  },
  "a file that claims more than the disk": {
    entries: () => [{ ...file("big", Buffer.alloc(100_000)), size: 8 ** 11 - 1 }],
    reason: /larger than 50000 bytes/,
    limits: { bytes: 50_000 },
  },
  "a deep path": { entries: () => [file("x", "", { pax: { path: "d/".repeat(300) } })], reason: /deeper than/ },
  "a long path": {
    entries: () => [file("x", "", { pax: { path: `${"d".repeat(200)}/`.repeat(20) } })],
    reason: /longer than 3000/,
  },
  "a long name": { entries: () => [file("x", "", { pax: { path: "n".repeat(256) } })], reason: /longer than 255/ },
};

for (const [name, { entries, reason, limits = {} }] of Object.entries(attacks)) {
  t.test(`${name} is refused`, async (t) => {
    const base = await temporaryDirectory(t);
    const victim = join(base, "victim");
    await mkdir(victim);
    await writeFile(join(victim, "kept"), "kept");
    const before = treeSnapshot(victim);
    const error = await unpackTar(rawTar(entries(victim)), join(base, "fs"), { limits }).catch(
      (caught: unknown) => caught,
    );
    if (!hasCode(error, "IMAGE_HOSTILE_LAYER")) throw error;
    t.match(error.message, reason);
    t.type(error.hint, "string");
    t.same(treeSnapshot(victim), before, "the outside is untouched");
    t.same(readdirSync(base).sort(), ["fs", "victim"], "nothing appeared beside it");
  });
}

t.test("an absolute name means the container's root", async (t) => {
  const base = await temporaryDirectory(t);
  const victim = join(base, "victim");
  await mkdir(victim);
  const fs = join(base, "fs");
  await unpackTar(rawTar([file(`${victim}/new`, "inside"), file("//twice", "2")]), fs);
  t.same(readdirSync(victim), [], "the outside is untouched");
  t.equal(await readFile(join(fs, victim, "new"), "utf8"), "inside");
  t.equal(await readFile(join(fs, "twice"), "utf8"), "2");
});

t.test("a compression bomb ends early", async (t) => {
  const base = await temporaryDirectory(t);
  const tar = rawTar([file("zeros", Buffer.alloc(40 * 2 ** 20))]);
  const limits = { ratio: 100, ratioFromBytes: 2 ** 20 };
  await t.rejects(unpackTar(tar, join(base, "fs"), { stored: gzipSync(tar), limits }), {
    code: "IMAGE_HOSTILE_LAYER",
    message: /100 times/,
  });
  t.ok((treeSnapshot(join(base, "fs")).size ?? 0) <= 2);
});
