import { readFileSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { runCommand } from "@drydock/kit";
import t from "tap";
import { directory, file, hardlink, rawTar, symlink } from "../testing/raw-tar.ts";
import { readXattrs } from "../testing/read-xattrs.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { unpackTar } from "../testing/unpack-tar.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

t.test("files, links, fifos, with owners, modes, times and attributes", async (t) => {
  const root = join(await temporaryDirectory(t), "fs");
  const capability = Buffer.from("0100000200ff00000000000000000000000000ff", "hex").toString("latin1");
  const tar = rawTar([
    directory("./", { mode: 0o711 }),
    directory("bin/", { mtime: 1_000_000, mode: 0o2750, uid: 5, gid: 6 }),
    file("bin/su", "program", { mode: 0o4755, mtime: 1_234_567_890 }),
    file("bin/ping", "ping", {
      mode: 0o755,
      uid: 7,
      pax: { "SCHILY.xattr.security.capability": capability, mtime: "12.5" },
    }),
    symlink("bin/sh", "/bin/su"),
    symlink("bin/up", "../bin/su"),
    hardlink("bin/su2", "bin/su"),
    { name: "run/pipe", typeflag: "6", mode: 0o640 },
    file("owned", "", { pax: { uid: "3000000", gid: "4000000", "SCHILY.xattr.user.note": "a=b\nc" } }),
  ]);
  const result = await unpackTar(tar, root);
  t.match(result, {
    entries: 9,
    bytes: tar.length,
    implicitDirectories: ["run"],
    opaqueRoot: false,
    skippedXattrs: [],
  });

  t.equal((await lstat(root)).mode & 0o7777, 0o711);
  const bin = await lstat(join(root, "bin"));
  t.match(
    { mode: bin.mode & 0o7777, uid: bin.uid, gid: bin.gid, mtimeMs: bin.mtimeMs },
    { mode: 0o2750, uid: 5, gid: 6, mtimeMs: 1e9 },
  );
  const su = await lstat(join(root, "bin/su"));
  t.match(
    { mode: su.mode & 0o7777, nlink: su.nlink, mtimeMs: su.mtimeMs },
    { mode: 0o4755, nlink: 2, mtimeMs: 1_234_567_890_000 },
  );
  t.equal((await lstat(join(root, "bin/su2"))).ino, su.ino);
  t.equal((await lstat(join(root, "bin/ping"))).mtimeMs, 12_500);
  t.equal(await readlink(join(root, "bin/sh")), "/bin/su");
  t.equal(await readFile(join(root, "bin/su"), "utf8"), "program");
  const pipe = await lstat(join(root, "run/pipe"));
  t.ok(pipe.isFIFO());
  t.equal(pipe.mode & 0o7777, 0o640);
  const owned = await lstat(join(root, "owned"));
  t.match({ uid: owned.uid, gid: owned.gid }, { uid: 3_000_000, gid: 4_000_000 });
  t.same(await readXattrs(join(root, "bin/ping")), { "security.capability": capability });
  t.same(await readXattrs(join(root, "owned")), { "user.note": "a=b\nc" });
});

t.test("whiteouts and opaque directories, as overlayfs sees them", async (t) => {
  const base = await temporaryDirectory(t);
  await unpackTar(
    rawTar([
      file("keep", "keep"),
      file("gone", "x"),
      file("dir/old", "old"),
      file("tree/a", "a"),
      file("swap/old", "old"),
      file("late/old", "o"),
    ]),
    join(base, "lower"),
  );
  const upper = await unpackTar(
    rawTar([
      file(".wh.gone"),
      directory("dir/"),
      file("dir/.wh..wh..opq"),
      file("dir/new", "new"),
      file("tree/.wh.a"),
      // A whiteout and a new directory of the same name, in both orders.
      file(".wh.swap"),
      directory("swap/"),
      file("swap/new", "new"),
      directory("late/"),
      file("late/new", "new"),
      file(".wh.late"),
      // AUFS left these in old images.
      directory(".wh..wh.plnk/"),
      file(".wh..wh.plnk/1.2", "x"),
      file(".wh..wh.aufs", "x"),
    ]),
    join(base, "upper"),
  );
  t.notOk(upper.opaqueRoot);
  const gone = await lstat(join(base, "upper/gone"));
  t.ok(gone.isCharacterDevice());
  t.equal(gone.rdev, 0);

  const target = join(base, "merged");
  await mkdir(target);
  await runCommand("mount", ["-t", "overlay", "overlay", "-o", `lowerdir=${base}/upper:${base}/lower`, target]);
  t.teardown(() => runCommand("umount", [target]));
  t.same((await readdir(target)).sort(), ["dir", "keep", "late", "swap", "tree"]);
  t.same(await readdir(join(target, "dir")), ["new"]);
  t.same(await readdir(join(target, "tree")), []);
  t.same(await readdir(join(target, "swap")), ["new"]);
  t.same(await readdir(join(target, "late")), ["new"]);
});

t.test("an opaque root is reported, because overlayfs does not look for it", async (t) => {
  const root = join(await temporaryDirectory(t), "fs");
  t.match(await unpackTar(rawTar([file(".wh..wh..opq"), file("new")]), root), { opaqueRoot: true });
});

t.test("names that are not UTF-8, long names, many small chunks, both compressions", async (t) => {
  const base = await temporaryDirectory(t);
  const long = `${"d".repeat(200)}/${"f".repeat(200)}`;
  const tar = rawTar([
    file("latin\xe9", "1"),
    file("x", "2", { pax: { path: long } }),
    file("big", Buffer.alloc(300_000, 7)),
  ]);
  const forms: [string, Buffer, number][] = [
    ["plain", tar, 100],
    ["gzip", gzipSync(tar), 3],
    ["zstd", zstdCompressSync(tar), 3],
  ];
  for (const [name, stored, chunkSize] of forms) {
    const root = join(base, name);
    await unpackTar(tar, root, { stored, chunkSize });
    t.equal(readFileSync(Buffer.from(`${root}/latin\xe9`, "latin1"), "utf8"), "1", name);
    t.equal(readFileSync(join(root, long), "utf8"), "2", name);
    t.equal(readFileSync(join(root, "big")).length, 300_000, name);
  }
});

t.test("a layer with other content than its diff id, or a damaged one, is refused", async (t) => {
  const base = await temporaryDirectory(t);
  const tar = rawTar([file("a", "content")]);
  await t.rejects(unpackTar(tar, join(base, "1"), { stored: rawTar([file("a", "CONTENT")]) }), {
    code: "IMAGE_DIGEST_MISMATCH",
  });
  // What follows the end of the archive is part of the content, too.
  await t.rejects(unpackTar(tar, join(base, "2"), { stored: Buffer.concat([tar, Buffer.from("more")]) }), {
    code: "IMAGE_DIGEST_MISMATCH",
  });
  await t.rejects(unpackTar(tar, join(base, "3"), { stored: gzipSync(tar).subarray(0, -12) }), {
    code: "IMAGE_MALFORMED",
  });
  await t.rejects(unpackTar(tar, join(base, "4"), { stored: tar.subarray(0, 700) }), { code: "IMAGE_MALFORMED" });
  const flipped = Buffer.from(tar);
  flipped[3] = 0x41;
  await t.rejects(unpackTar(tar, join(base, "5"), { stored: flipped }), {
    code: "IMAGE_MALFORMED",
    message: /checksum/,
  });
});

t.test("attributes of the host's security policy are left out and reported", async (t) => {
  const root = join(await temporaryDirectory(t), "fs");
  const tar = rawTar([
    file("a", "", { pax: { "SCHILY.xattr.security.selinux": "label", "SCHILY.xattr.user.kept": "yes" } }),
  ]);
  t.match(await unpackTar(tar, root), { skippedXattrs: ["security.selinux"] });
  t.same(await readXattrs(join(root, "a")), { "user.kept": "yes" });
});
