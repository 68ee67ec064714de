import { link, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathExists, runCommand } from "@drydock/kit";
import t from "tap";
import { openImageStore } from "../store/open-image-store.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { treeSnapshot } from "../testing/tree-snapshot.ts";
import { buildImage } from "./build-image.ts";
import { buildBusyboxImage } from "./busybox-image.ts";

const inspect = async (path: string) => JSON.parse(await runCommand("skopeo", ["inspect", `oci-archive:${path}`]));

t.test("the same input makes the same bytes, in whatever order it is given", async (t) => {
  const base = await temporaryDirectory(t);
  const files = [
    { path: "b", content: "b" },
    { path: "a", directory: true as const },
    { path: "a/link", symlink: "../b" },
    { path: "a/same", hardlink: "b" },
  ];
  const build = (output: string, list: typeof files, config = {}) =>
    buildImage({ layers: [{ files: list }], config, name: "app", output: join(base, output) });
  const first = await build("1.tar", files);
  const second = await build("2.tar", [...files].reverse());
  t.same(first, second);
  t.ok((await readFile(join(base, "1.tar"))).equals(await readFile(join(base, "2.tar"))));
  t.not((await build("3.tar", files, { Cmd: ["x"] })).digest, first.digest);
  t.same((await readdir(base)).sort(), ["1.tar", "2.tar", "3.tar"], "nothing else is left");
});

t.test("skopeo reads and copies it without a change", async (t) => {
  const base = await temporaryDirectory(t);
  const output = join(base, "app.tar");
  const config = { Cmd: ["/app"], Env: ["A=1"], Labels: { version: "1" } };
  const layers = [{ files: [{ path: "app", content: "app", mode: 0o755 }] }];
  const { digest, diffIds } = await buildImage({ layers, config, name: "app:1", output });
  t.match(await inspect(output), { Digest: digest, Layers: diffIds, Env: ["A=1"], Labels: { version: "1" } });
  await runCommand("skopeo", ["copy", "--quiet", "--preserve-digests", `oci-archive:${output}`, `dir:${base}/copy`]);
  t.ok(await pathExists(join(base, "copy/manifest.json")));
});

t.test("from a directory: owners, modes and links as they are", { skip: notRoot() }, async (t) => {
  const base = await temporaryDirectory(t);
  const rootfs = join(base, "rootfs");
  await mkdir(join(rootfs, "bin"), { recursive: true, mode: 0o755 });
  await writeFile(join(rootfs, "bin/tool"), "tool", { mode: 0o755 });
  await link(join(rootfs, "bin/tool"), join(rootfs, "bin/tool2"));
  await symlink("/bin/tool", join(rootfs, "run"));
  await runCommand("chown", ["5:6", join(rootfs, "bin")]);
  await runCommand("chmod", ["4711", join(rootfs, "bin/tool")]);
  await runCommand("mkfifo", [join(rootfs, "pipe")]);
  const output = join(base, "app.tar");
  await buildImage({ layers: [{ rootfs }], config: {}, name: "app", output });
  const store = await openImageStore({ directory: join(base, "store") });
  const [layer = ""] = await store.layers(await store.import(output, "app"));
  const [found, expected] = [treeSnapshot(layer, { times: false }), treeSnapshot(rootfs, { times: false })];
  t.same(found, expected);
});

t.test("what cannot be in an image", async (t) => {
  const base = await temporaryDirectory(t);
  const rootfs = join(base, "rootfs");
  await mkdir(rootfs);
  const server = createServer().listen(join(rootfs, "socket"));
  t.teardown(() => server.close());
  const output = join(base, "app.tar");
  await t.rejects(buildImage({ layers: [{ rootfs }], config: {}, name: "app", output }), {
    code: "IMAGE_MALFORMED",
    message: /socket/,
  });
  t.same(await readdir(base), ["rootfs"]);
});

t.test("the demo image: versions share busybox, and the page tells which one answers", async (t) => {
  const base = await temporaryDirectory(t);
  const build = (version: string) =>
    buildBusyboxImage({
      busybox: "/bin/busybox",
      output: join(base, `${version}.tar`),
      name: `demo:${version}`,
      version,
      pages: { "deep/er/page": "text" },
    });
  const [one, two] = [await build("1"), await build("2")];
  t.equal(one.diffIds[0], two.diffIds[0]);
  t.not(one.digest, two.digest);
  t.match(await inspect(join(base, "1.tar")), {
    Digest: one.digest,
    Labels: { "org.opencontainers.image.version": "1" },
  });
  const list = await runCommand("sh", [
    "-c",
    `tar -xOf '${base}/1.tar' blobs/sha256/${one.diffIds[1]?.slice(7)} | tar -tf -`,
  ]);
  t.same(list.split("\n").sort(), [
    "www/",
    "www/deep/",
    "www/deep/er/",
    "www/deep/er/page",
    "www/index.html",
    "www/version",
  ]);
  if (notRoot()) return;
  const store = await openImageStore({ directory: join(base, "store") });
  const image = await store.import(join(base, "2.tar"), "demo:2");
  const [site = "", system = ""] = await store.layers(image);
  t.match(await readFile(join(site, "www/index.html"), "utf8"), /version 2/);
  t.match(await runCommand("chroot", [system, "/bin/sh", "-c", "ls -ld /tmp; id"]), /drwxrwxrwt[\s\S]*uid=0\(root\)/);
});

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : "unpacking sets owners: needs root";
}
