import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runCommand } from "@drydock/kit";
import t, { type Test } from "tap";
import { buildImage } from "../build/build-image.ts";
import { digestOf } from "../digest.ts";
import { openImageStore } from "../store/open-image-store.ts";
import { file, rawTar } from "../testing/raw-tar.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

const base = await temporaryDirectory(t);
const archive = join(base, "image.tar");
const built = await buildImage({
  layers: [
    { files: [{ path: "a", content: "one" }] },
    { files: [{ path: "b", content: Buffer.alloc(100_000, "two") }] },
    { files: [{ path: ".wh.a", content: "" }] },
  ],
  config: { Cmd: ["/b"], Env: ["A=1"] },
  name: "app:1",
  output: archive,
});

/** Imports into a new store and checks that the image is as it was built. */
async function importAndCheck(t: Test, path: string, digest?: string): Promise<void> {
  const directory = join(await temporaryDirectory(t), "store");
  const store = await openImageStore({ directory });
  const image = await store.import(path, "app:1");
  t.match(image, { names: ["docker.io/library/app:1"], config: { Cmd: ["/b"], Env: ["A=1"] }, diffIds: built.diffIds });
  if (digest) t.equal(image.digest, digest);
  const [top = "", middle = ""] = await store.layers(image);
  t.same(await readdir(top), ["a"], "the whiteout");
  t.equal((await readFile(join(middle, "b"))).length, 100_000);
  t.same(await readdir(join(directory, "tmp")), []);
}

t.test("a tar of an OCI layout, plain and gzipped", async (t) => {
  await importAndCheck(t, archive, built.digest);
  const gzipped = join(base, "image.tar.gz");
  await writeFile(gzipped, gzipSync(await readFile(archive)));
  await importAndCheck(t, gzipped, built.digest);
});

t.test("an OCI layout directory", async (t) => {
  const layout = join(base, "layout");
  await mkdir(layout);
  await runCommand("tar", ["-C", layout, "-xf", archive]);
  await importAndCheck(t, layout, built.digest);
});

t.test("layers that skopeo compressed with gzip and with zstd", async (t) => {
  for (const format of ["gzip", "zstd"]) {
    const layout = join(base, format);
    const args = ["copy", "--quiet", "--dest-compress", "--dest-compress-format", format, `oci-archive:${archive}`];
    await runCommand("skopeo", [...args, `oci:${layout}:app`]);
    await importAndCheck(t, layout);
    const manifest = (await readdir(join(layout, "blobs/sha256"))).length;
    t.ok(manifest > 0);
  }
});

t.test("an archive of docker save", async (t) => {
  const docker = join(base, "docker.tar");
  await runCommand("skopeo", ["copy", "--quiet", `oci-archive:${archive}`, `docker-archive:${docker}:app:1`]);
  await importAndCheck(t, docker);
});

t.test("docker save of before 2017: layers of their own directories, one a link to another", async (t) => {
  const directory = join(base, "legacy");
  const layers = [
    rawTar([file("a", "one")]),
    rawTar([file("b", Buffer.alloc(100_000, "two"))]),
    rawTar([file(".wh.a")]),
  ];
  const config = JSON.stringify({
    os: "linux",
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    config: { Cmd: ["/b"], Env: ["A=1"] },
    rootfs: { type: "layers", diff_ids: [...layers, layers[0] as Buffer].map((layer) => digestOf(layer)) },
  });
  for (const [i, layer] of layers.entries()) {
    await mkdir(join(directory, `layer${i}`), { recursive: true });
    await writeFile(join(directory, `layer${i}/layer.tar`), layer);
  }
  await mkdir(join(directory, "layer3"));
  await symlink("../layer0/layer.tar", join(directory, "layer3/layer.tar"));
  await writeFile(join(directory, "config.json"), config);
  const names = [0, 1, 2, 3].map((i) => `layer${i}/layer.tar`);
  const manifest = [{ Config: "config.json", RepoTags: ["app:1"], Layers: names }];
  await writeFile(join(directory, "manifest.json"), JSON.stringify(manifest));
  const tar = join(base, "legacy.tar");
  execFileSync("tar", ["-C", directory, "-cf", tar, "."]);
  const store = await openImageStore({ directory: join(base, "legacy-store") });
  const image = await store.import(tar, "legacy");
  t.equal(image.diffIds.length, 4);
  t.equal((await store.layers(image)).length, 3, "the repeated layer counts once, as overlayfs wants it");
  t.equal((await store.import(tar, "legacy")).digest, image.digest, "the same archive, the same digest");
});

t.test("of several images, the one with the name", async (t) => {
  const layout = join(base, "several");
  for (const tag of ["1", "2"]) {
    const output = join(base, `several-${tag}.tar`);
    await buildImage({ layers: [], config: { Cmd: [tag] }, name: `app:${tag}`, output });
    await runCommand("skopeo", ["copy", "--quiet", `oci-archive:${output}`, `oci:${layout}:app:${tag}`]);
  }
  const store = await openImageStore({ directory: join(base, "several-store") });
  t.same((await store.import(layout, "app:2")).config.Cmd, ["2"]);
  t.same((await store.import(layout, "docker.io/library/app:1")).config.Cmd, ["1"]);
  await t.rejects(store.import(layout, "app:3"), { code: "IMAGE_MALFORMED", message: /app:1, app:2/ });
});

t.test("what is no image, or a broken one", async (t) => {
  const layout = join(base, "broken");
  // A new one each time: a store takes a blob that it has from itself.
  let count = 0;
  const newStore = () => openImageStore({ directory: join(base, `broken-store-${++count}`) });
  const fresh = async () => {
    await rm(layout, { recursive: true, force: true });
    await cp(join(base, "layout"), layout, { recursive: true });
  };
  const blob = (digest: string) => join(layout, "blobs/sha256", digest.slice(7));
  const top = built.diffIds[1] as string;
  const cases: [string, string, () => Promise<unknown>][] = [
    [
      "IMAGE_DIGEST_MISMATCH",
      "a changed layer",
      async () => writeFile(blob(top), (await readFile(blob(top))).fill(1, 600, 700)),
    ],
    [
      "IMAGE_DIGEST_MISMATCH",
      "a shortened layer",
      async () => writeFile(blob(top), (await readFile(blob(top))).subarray(0, 1000)),
    ],
    ["IMAGE_DIGEST_MISMATCH", "a changed manifest", () => writeFile(blob(built.digest), "{}")],
    ["IMAGE_MALFORMED", "a missing layer", () => rm(blob(top))],
    ["IMAGE_MALFORMED", "no oci-layout", () => rm(join(layout, "oci-layout"))],
    ["IMAGE_MALFORMED", "an index that is not JSON", () => writeFile(join(layout, "index.json"), "{")],
    [
      "IMAGE_MALFORMED",
      "an empty index",
      () => writeFile(join(layout, "index.json"), '{"schemaVersion":2,"manifests":[]}'),
    ],
    [
      "IMAGE_MALFORMED",
      "a digest that is a path",
      async () => {
        const index = await readFile(join(layout, "index.json"), "utf8");
        await writeFile(join(layout, "index.json"), index.replace(built.digest, "sha256:../../../etc/passwd"));
      },
    ],
    ["IMAGE_MALFORMED", "no index", () => rm(join(layout, "index.json"))],
  ];
  for (const [code, what, breakIt] of cases) {
    await fresh();
    await breakIt();
    const store = await newStore();
    await t.rejects(store.import(layout, "app:1"), { code, hint: String }, what);
    t.same(await store.list(), [], "nothing got a name");
    t.same(await readdir(join(base, `broken-store-${count}/tmp`)), []);
  }
  const store = await newStore();
  await t.rejects(store.import(join(base, "missing"), "app:1"), { code: "IMAGE_NOT_FOUND" });
  await t.rejects(store.import("/etc/passwd", "app:1"), { code: "IMAGE_MALFORMED" });
  await t.rejects(store.import(archive, "APP"), { code: "IMAGE_BAD_REFERENCE" });
  await writeFile(join(base, "cut.tar"), (await readFile(archive)).subarray(0, 20_000));
  await t.rejects(store.import(join(base, "cut.tar"), "app:1"), { code: "IMAGE_MALFORMED" });
});

t.test("names in the outer archive cannot do harm", async (t) => {
  const victim = join(await temporaryDirectory(t), "victim");
  const hostile = join(base, "hostile.tar");
  await writeFile(
    hostile,
    rawTar([file(victim, "x"), file(`../../..${victim}`, "x"), file("index.json", "{}"), file("oci-layout", "{}")]),
  );
  const store = await openImageStore({ directory: join(base, "hostile-store") });
  await t.rejects(store.import(hostile, "app"), { code: "IMAGE_MALFORMED" });
  await t.rejects(readFile(victim), { code: "ENOENT" });
});

t.test("an aborted import leaves nothing", async (t) => {
  const directory = join(base, "aborted-store");
  const store = await openImageStore({ directory });
  const reason = new Error("Ctrl-C");
  await t.rejects(store.import(archive, "app:1", { signal: AbortSignal.abort(reason) }), reason);
  t.same(await readdir(join(directory, "tmp")), []);
  t.same(await store.list(), []);
});
