/**
 * node box.ts pull ARCHIVE NAME         the image in ARCHIVE becomes NAME in containerd, ready to run; prints the digest of its manifest
 * node box.ts run ID NAME ARGS…         a container of it; prints its pid
 * node box.ts stop ID SECONDS           SIGTERM, and SIGKILL when it has not ended after SECONDS; prints its exit code
 * node box.ts rm ID                     what is left of the container
 * node box.ts rmi NAME                  the image; returns when the collector has been there
 */
import { randomBytes } from "node:crypto";
import { hasCode } from "@drydock/kit";
import { chainIds } from "@drydock/oci";
import { type Archive, type Blob, openArchive } from "./archive.ts";
import { connect, spec } from "./containerd.ts";

const SIGTERM = 15;
const SIGKILL = 9;
const snapshotter = "overlayfs";

const client = await connect();
const { content, diff, images, leases, snapshots, tasks } = client.services;

/** Done already is done. */
async function unlessThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, "CONTAINERD_EXISTS")) throw error;
  }
}

/** What is made with the lease's id stays, whatever the collector thinks of it, until the lease is given back. */
async function withLease(work: (lease: string) => Promise<void>): Promise<void> {
  const id = `pull-${randomBytes(8).toString("hex")}`;
  // One that a crash leaves behind ends by itself.
  const expires = new Date(Date.now() + 60 * 60 * 1000).toISOString();
  await leases.create({ id, labels: { "containerd.io/gc.expire": expires } });
  try {
    await work(id);
  } finally {
    await leases.delete({ id });
  }
}

async function write(blob: Blob, data: Buffer, labels: Record<string, string>, lease: string): Promise<void> {
  const ref = randomBytes(8).toString("hex");
  const head = { ref, total: blob.size, expected: blob.digest };
  const call = content.write({ lease });
  const answers = call[Symbol.asyncIterator]();
  await call.send({ action: "STAT", ...head });
  const { value } = (await answers.next()) as { value: { offset: number } };
  if (value.offset < blob.size) {
    await call.send({ action: "WRITE", ...head, offset: 0, data });
    await answers.next();
  }
  await call.send({ action: "COMMIT", ...head, offset: blob.size, labels });
  await answers.next();
  call.end();
  await answers.next();
}

async function unpack({ layers, diffIds }: Archive, lease: string): Promise<string> {
  let parent = "";
  for (const [at, name] of chainIds(diffIds).entries()) {
    const key = `extract-${randomBytes(8).toString("hex")}`;
    await unlessThere(
      (async () => {
        const { mounts } = await snapshots.prepare({ snapshotter, key, parent }, { lease });
        await diff.apply({ diff: layers[at] as Blob, mounts }, { lease });
        await snapshots.commit({ snapshotter, key, name }, { lease });
      })(),
    );
    parent = name;
  }
  return parent;
}

async function pull(file: string, name: string): Promise<void> {
  const archive = openArchive(file);
  const { manifest, config, layers } = archive;
  await withLease(async (lease) => {
    const put = async (blob: Blob, labels: Record<string, string>): Promise<void> =>
      unlessThere(write(blob, await archive.read(blob), labels, lease));
    for (const layer of layers) await put(layer, {});
    // The config leads to the snapshots, the manifest to config and layers, and the name to the manifest.
    const top = await unpack(archive, lease);
    await put(config, { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: top });
    const refs = [config, ...layers].map(({ digest }, at) => [`containerd.io/gc.ref.content.${at}`, digest]);
    await put(manifest, Object.fromEntries(refs));
    await unlessThere(images.create({ image: { name, labels: {}, target: manifest } }, { lease }));
  });
  console.log(manifest.digest);
}

async function run(id: string, name: string, args: readonly string[]): Promise<void> {
  const image = await client.images.get(name);
  if (!image) throw new Error(`there is no image ${name}`);
  const { chainId } = image;
  const rootfs = await client.containers.create({ id, image: name, chainId, spec: () => spec(id, args) });
  const { pid } = await tasks.create({ containerId: id, rootfs, stdin: "", stdout: "", stderr: "", terminal: false });
  await tasks.start({ containerId: id });
  console.log(pid);
}

async function stop(id: string, seconds: number): Promise<void> {
  const ended = client.tasks.wait(id);
  const send = async (signal: number): Promise<void> => {
    try {
      await client.tasks.kill(id, signal);
    } catch (error) {
      // It has ended in the meantime: what we wanted.
      if (!hasCode(error, "CONTAINERD_NOT_FOUND")) throw error;
    }
  };
  await send(SIGTERM);
  const timer = setTimeout(() => void send(SIGKILL), seconds * 1000);
  console.log((await ended).code);
  clearTimeout(timer);
}

const [command, first = "", second = "", ...args] = process.argv.slice(2);
if (command === "pull") await pull(first, second);
else if (command === "run") await run(first, second, args);
else if (command === "stop") await stop(first, Number(second));
else if (command === "rm") await client.containers.delete(first);
else if (command === "rmi") await images.delete({ name: first, sync: true });
client.close();
