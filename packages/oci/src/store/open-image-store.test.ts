import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pathExists, runCommand } from "@drydock/kit";
import t, { type Test } from "tap";
import { buildImage } from "../build/build-image.ts";
import type { ImageFile } from "../build/image-file.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { treeSnapshot } from "../testing/tree-snapshot.ts";
import { openImageStore } from "./open-image-store.ts";
import { removeTree } from "./remove-tree.ts";
import { withStoreLock } from "./store-lock.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

const base = await temporaryDirectory(t);
const shared: ImageFile[] = [{ path: "shared", content: Buffer.alloc(50_000, "s") }];

/** An image of the shared layer and one of its own. */
async function build(name: string): Promise<string> {
  const output = join(base, `${name.replace(":", "-")}.tar`);
  const own: ImageFile[] = [{ path: "own", content: Buffer.alloc(20_000, name) }];
  await buildImage({ layers: [{ files: shared }, { files: own }], config: { Cmd: [name] }, name, output });
  return output;
}

async function newStore(t: Test) {
  const directory = join(await temporaryDirectory(t), "store");
  return { directory, store: await openImageStore({ directory }) };
}

t.test("get by every spelling, list, several names, remove", async (t) => {
  const { store } = await newStore(t);
  const image = await store.import(await build("app:1"), "app:1");
  await store.import(await build("app:1"), "localhost:5000/copy:x");
  const other = await store.import(await build("other:1"), "other:1");
  const names = ["docker.io/library/app:1", "localhost:5000/copy:x"];
  for (const spelling of ["app:1", "docker.io/app:1", "docker.io/library/app:1", image.digest, `app@${image.digest}`]) {
    t.match(await store.get(spelling), { digest: image.digest, names }, spelling);
  }
  t.equal(await store.get("app:2"), undefined);
  t.equal(await store.get(`other@${image.digest}`), undefined);
  t.same(
    (await store.list()).map(({ digest }) => digest),
    [image.digest, other.digest],
  );

  await store.remove("localhost:5000/copy:x");
  t.match(await store.get(image.digest), { names: ["docker.io/library/app:1"] });
  await store.remove(image.digest);
  t.equal(await store.get("app:1"), undefined);
  await t.rejects(store.remove("app:1"), { code: "IMAGE_NOT_FOUND", hint: String });
  await t.rejects(store.get("App"), { code: "IMAGE_BAD_REFERENCE" });
});

t.test("a name that moves to another image", async (t) => {
  const { store } = await newStore(t);
  const first = await store.import(await build("app:1"), "app");
  const second = await store.import(await build("app:2"), "app");
  t.not(first.digest, second.digest);
  t.same(
    (await store.list()).map(({ digest }) => digest),
    [second.digest],
  );
});

t.test("garbage: what no name leads to goes, what is shared or in use stays", async (t) => {
  const { store, directory } = await newStore(t);
  const one = await store.import(await build("app:1"), "app:1");
  const two = await store.import(await build("app:2"), "app:2");
  const [topOfOne = "", sharedLayer = ""] = await store.layers(one);
  const [topOfTwo = "", sharedByTwo] = await store.layers(two);
  t.equal(sharedByTwo, sharedLayer, "one copy of what both have");
  t.same(await store.collectGarbage(), { freedBytes: 0 });

  await store.remove("app:1");
  // As another process would name it, to which the store is bound at another place.
  const inUse = [topOfOne.replace(directory, "/elsewhere")];
  const { freedBytes } = await store.collectGarbage({ inUse });
  t.ok(freedBytes > 20_000, "its blobs");
  t.ok(await pathExists(topOfOne));
  t.ok((await store.collectGarbage()).freedBytes > 20_000, "its layer");
  t.notOk(await pathExists(topOfOne));
  t.ok(await pathExists(sharedLayer));
  t.ok(await pathExists(topOfTwo));
  t.match(await store.layers(two), [topOfTwo, sharedLayer]);

  await store.remove("app:2");
  await store.collectGarbage();
  for (const part of ["blobs/sha256", "layers/sha256", "names", "tmp"])
    t.same(await readdir(join(directory, part)), []);
});

t.test("layers that were deleted by hand are unpacked again", async (t) => {
  const { store, directory } = await newStore(t);
  const image = await store.import(await build("app:1"), "app:1");
  const [top = ""] = await store.layers(image);
  const before = treeSnapshot(top);
  const second = await openImageStore({ directory });
  await removeTree(dirname(top));
  t.same(await second.layers(image), await store.layers(image));
  t.same(treeSnapshot(top), before);
});

t.test("garbage collection waits for imports, and gives up with a reason", async (t) => {
  const { store, directory } = await newStore(t);
  const isHeld = Promise.withResolvers<void>();
  const importing = Promise.withResolvers<void>();
  const held = withStoreLock(join(directory, "lock"), "shared", async () => {
    isHeld.resolve();
    await importing.promise;
  });
  await isHeld.promise;
  let collected = false;
  const collecting = store.collectGarbage().then(() => (collected = true));
  await delay(60);
  t.notOk(collected);
  importing.resolve();
  await held;
  await collecting;
  t.ok(collected);
  await withStoreLock(join(directory, "lock"), "shared", async () => {
    await t.rejects(
      withStoreLock(join(directory, "lock"), "exclusive", async () => {}, { waitMs: 30 }),
      { code: "IMAGE_IN_USE", hint: String },
    );
  });
});

const importer = fileURLToPath(new URL("../testing/import-in-child.ts", import.meta.url));

t.test("many processes import the same image at once", async (t) => {
  const { store, directory } = await newStore(t);
  const archive = await build("app:1");
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, [importer, directory, archive, "app:1"], { stdio: "inherit" }),
  );
  t.teardown(() => children.map((child) => child.kill("SIGKILL")));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  t.same(codes, [0, 0, 0]);
  const [image] = await store.list();
  t.ok(image && (await store.layers(image)).length === 2);
  t.same(await readdir(join(directory, "tmp")), []);
});

t.test("the same image at once in one process", async (t) => {
  const { store } = await newStore(t);
  const archive = await build("app:1");
  const abort = new AbortController();
  const [aborted, ...images] = await Promise.allSettled([
    store.import(archive, "app:0", { signal: abort.signal }),
    store.import(archive, "app:1"),
    store.import(archive, "app:2"),
    Promise.resolve().then(() => abort.abort(new Error("Ctrl-C"))),
  ]);
  t.equal(aborted?.status, "rejected");
  t.match(
    images.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled"],
    "an abort is nobody else's",
  );
});

t.test("an import that is killed leaves a sound store; garbage collection takes what is left", async (t) => {
  const { store, directory } = await newStore(t);
  const kept = await store.import(await build("app:1"), "app:1");
  const big = join(base, "big.tar");
  const files = Array.from(
    { length: 3000 },
    (_, i): ImageFile => ({ path: `d/${i}`, content: Buffer.alloc(3000, String(i)) }),
  );
  await buildImage({
    layers: [{ files: [{ path: "d", directory: true }, ...files] }],
    config: {},
    name: "big",
    output: big,
  });
  let leftovers = 0;
  for (const moment of [0, 10, 30, 100, "in the middle"] as const) {
    const child = spawn(process.execPath, [importer, directory, big, "big"], { stdio: ["ignore", "pipe", "inherit"] });
    t.teardown(() => child.kill("SIGKILL"));
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    if (moment !== "in the middle") await delay(moment);
    else while (child.exitCode === null && (await readdir(join(directory, "tmp"))).length === 0) await delay(1);
    child.kill("SIGKILL");
    await ended;
    leftovers += (await readdir(join(directory, "tmp"))).length;
    t.match(await store.get("app:1"), { digest: kept.digest });
    if (await store.get("big")) await store.remove("big");
    await store.collectGarbage();
    t.same(await readdir(join(directory, "tmp")), []);
    t.equal((await readdir(join(directory, "layers/sha256"))).length, 2);
    t.equal((await readdir(join(directory, "blobs/sha256"))).length, 4);
  }
  t.ok(leftovers > 0, "at least one was killed in the middle");
  const image = await store.import(big, "big");
  t.equal((await readdir(join((await store.layers(image))[0] ?? "", "d"))).length, 3000);
});

t.test("directories that a layer leaves out keep the owner and mode of the layer below", async (t) => {
  const { store } = await newStore(t);
  const output = join(base, "implicit.tar");
  const tmp: ImageFile = { path: "tmp", directory: true, mode: 0o1777, uid: 5 };
  const lower = { files: [tmp, { path: "usr", directory: true } as const] };
  const upper = {
    files: [
      { path: "tmp/x", content: "x" },
      { path: "usr/y", content: "y" },
    ],
  };
  await buildImage({ layers: [lower, upper], config: {}, name: "implicit", output });
  const image = await store.import(output, "implicit");
  const [top = ""] = await store.layers(image);
  const inherited = await lstat(join(top, "tmp"));
  t.match({ mode: inherited.mode & 0o7777, uid: inherited.uid }, { mode: 0o1777, uid: 5 });
  t.equal((await lstat(join(top, "usr"))).mode & 0o7777, 0o755);
  await store.collectGarbage();
  t.same(
    await store.layers(image),
    await (await openImageStore({ directory: dirname(dirname(dirname(dirname(top)))) })).layers(image),
  );

  // The same layer alone has nothing to inherit from.
  await buildImage({ layers: [upper], config: {}, name: "alone", output });
  const [alone = ""] = await store.layers(await store.import(output, "alone"));
  t.equal((await lstat(join(alone, "tmp"))).mode & 0o7777, 0o755);
});

t.test("an image without layers still has a directory to mount", async (t) => {
  const { store } = await newStore(t);
  const output = join(base, "empty.tar");
  await buildImage({ layers: [], config: {}, name: "empty", output });
  const layers = await store.layers(await store.import(output, "empty"));
  t.equal(layers.length, 1);
  t.same(await readdir(layers[0] ?? ""), []);
});

t.test("an image's content as it was distributed", async (t) => {
  const { store } = await newStore(t);
  const image = await store.import(await build("app:1"), "app:1");
  const sizes = await store.withContent(image, async ({ manifest, config, layers, read }) => {
    t.equal(manifest.digest, image.digest);
    t.match(manifest.mediaType, /manifest/);
    t.equal(layers.length, 2);
    t.equal(
      [manifest, config, ...layers].reduce((sum, { size }) => sum + size, 0),
      image.size,
    );
    const found: number[] = [];
    for (const { digest, size } of [manifest, config, ...layers]) {
      let bytes = 0;
      for await (const chunk of read(digest)) bytes += chunk.length;
      found.push(bytes - size);
    }
    return found;
  });
  t.same(sizes, [0, 0, 0, 0]);
  await store.remove("app:1");
  await t.rejects(
    store.withContent(image, async () => {}),
    { code: "IMAGE_NOT_FOUND" },
  );
});

t.test("an opaque root hides the layers below it", async (t) => {
  const { store } = await newStore(t);
  const output = join(base, "opaque.tar");
  const layers = [
    { files: shared },
    {
      files: [
        { path: ".wh..wh..opq", content: "" },
        { path: "new", content: "" },
      ],
    },
  ];
  await buildImage({ layers, config: {}, name: "opaque", output });
  const found = await store.layers(await store.import(output, "opaque"));
  t.equal(found.length, 1);
  t.same(await readdir(found[0] ?? ""), ["new"]);
});

t.test("a hostile layer: the image gets no name and nothing stays unpacked", async (t) => {
  const { store, directory } = await newStore(t);
  const output = join(base, "hostile.tar");
  const evil: ImageFile[] = [
    { path: "a", symlink: "/etc" },
    { path: "a/b", content: "x" },
  ];
  await buildImage({ layers: [{ files: shared }, { files: evil }], config: {}, name: "hostile", output });
  await t.rejects(store.import(output, "hostile"), {
    code: "IMAGE_HOSTILE_LAYER",
    details: { entry: "a/b" },
    message: /"a\/b".*symlink/,
  });
  t.same(await store.list(), []);
  t.same(await readdir(join(directory, "tmp")), []);
  t.ok((await store.collectGarbage()).freedBytes > 0);
  t.same(await readdir(join(directory, "layers/sha256")), []);
});

t.test("a directory that cannot be a store", async (t) => {
  const path = join(base, "file");
  await writeFile(path, "");
  await t.rejects(openImageStore({ directory: path }), { code: "IMAGE_STORE_UNUSABLE", hint: String });
  const { directory } = await newStore(t);
  t.equal((await stat(directory)).mode & 0o7777, 0o700, "closed to others");
});

t.test("a damaged image counts as absent, and what else is there stays usable", async (t) => {
  const { store, directory } = await newStore(t);
  await store.import(await build("app:1"), "app:1");
  const image = await store.import(await build("app:2"), "app:2");
  const fresh = await openImageStore({ directory });
  await writeFile(join(directory, "blobs/sha256", image.digest.slice(7)), "damaged");
  t.same(
    (await fresh.list()).map(({ names }) => names),
    [["docker.io/library/app:1"]],
  );
  t.equal(await fresh.get("app:2"), undefined);
  await writeFile(join(directory, "names/broken.json"), "{");
  await fresh.collectGarbage();
  t.match(await fresh.get("app:1"), { os: "linux" });
  t.match(await fresh.import(await build("app:2"), "app:2"), { digest: image.digest }, "an import mends it");
});

t.test("a full disk: a clear error, nothing half-made, and room again after garbage collection", async (t) => {
  const directory = join(await temporaryDirectory(t), "small");
  await mkdir(directory);
  await runCommand("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", directory]);
  t.teardown(() => runCommand("umount", [directory]));
  const store = await openImageStore({ directory });
  const small = await store.import(await build("app:1"), "app:1");
  const output = join(base, "large.tar");
  await buildImage({
    layers: [{ files: [{ path: "large", content: Buffer.alloc(300_000) }] }],
    config: {},
    name: "large",
    output,
  });
  await t.rejects(store.import(output, "large"), {
    code: "IMAGE_STORE_UNUSABLE",
    message: /ENOSPC/,
    hint: /free some space/,
  });
  t.same(
    (await store.list()).map(({ digest }) => digest),
    [small.digest],
  );
  t.same(await readdir(join(directory, "tmp")), []);
  await store.collectGarbage();
  t.match(await store.import(await build("app:1"), "app:2"), { digest: small.digest });
});
