import { existsSync, readFileSync } from "node:fs";
import type { ContainerdClient } from "@drydock/containerd";
import { connectContainerd } from "@drydock/containerd";
import type { CheckTools, LabCheck } from "@drydock/labs";
import { chainIds } from "@drydock/oci";
import { type LabContainerd, labContainerd } from "../shared/lab-containerd.ts";

const PATIENCE_MS = 20_000;

interface Place extends LabContainerd {
  name: string;
  box(...args: string[]): Promise<string>;
}

/** A namespace of its own, with nothing in it. */
async function place(t: CheckTools, more: Record<string, string> = {}): Promise<Place> {
  const lab = await labContainerd(t);
  const namespace = t.word();
  const client = await connectContainerd({ socket: lab.example.daemon.socket, namespace });
  t.defer(() => client.close());
  const env = { ...lab.env, NAMESPACE: namespace, ...more };
  const box = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr, timedOut } = await t.run("box.ts", args, { env, timeoutMs: 60_000 });
    if (code !== 0) {
      const error = stderr.split("\n").find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-150);
      throw t.wrong(
        `box.ts ${args[0]} ${timedOut ? "was still running after 60 s" : `ended with ${code}`}, expected 0: ${error.trim().slice(0, 200)}`,
      );
    }
    return stdout.trim();
  };
  return { ...lab, client, env, box, name: `example.test/${t.word()}:1` };
}

/** Lets the collector go through everything once. */
async function collect({ services }: ContainerdClient, id: string): Promise<void> {
  await services.leases.create({ id, labels: {} });
  await services.leases.delete({ id, sync: true });
}

interface Missing {
  blobs: string[];
  snapshot: boolean;
}

/** What of the image is not there, in this namespace. */
async function missing(place: Place): Promise<Missing> {
  const { services } = place.client;
  const image = await (await connectLab(place)).images.get(place.example.image);
  if (!image) throw new Error("the image of the lab is gone");
  const blobs: string[] = [];
  for (const [what, digest] of [
    ["the manifest", image.digest],
    ["the config", image.configDigest],
    ...image.layers.map(({ digest }, at) => [`layer ${at + 1}`, digest]),
  ] as [string, string][]) {
    await services.content.info({ digest }).catch(() => blobs.push(what));
  }
  const key = chainIds(image.diffIds).at(-1) ?? "";
  const snapshot = await services.snapshots.stat({ snapshotter: "overlayfs", key }).then(
    ({ info }) => info.kind !== "COMMITTED",
    () => true,
  );
  return { blobs, snapshot };
}

let labClient: Promise<ContainerdClient> | undefined;

function connectLab({ example }: LabContainerd): Promise<ContainerdClient> {
  labClient ??= connectContainerd({ socket: example.daemon.socket, namespace: "lab" });
  return labClient;
}

async function expectWhole(t: CheckTools, at: Place, when: string, hint: string): Promise<void> {
  const { blobs, snapshot } = await missing(at);
  const lacking = [...blobs, ...(snapshot ? ["the snapshot of all layers"] : [])];
  if (lacking.length > 0)
    throw t.wrong(
      `${when} ${lacking.join(", ")} ${lacking.length === 1 ? "is" : "are"} not there, expected the whole image`,
      hint,
    );
}

export const steps: LabCheck = {
  async pulled(t) {
    const at = await place(t);
    const said = await at.box("pull", at.example.archive, at.name);
    const found = await at.client.services.images.get({ name: at.name }).catch(() => undefined);
    if (!found) throw t.wrong(`containerd has no image ${at.name}, expected it after pull`);
    const { digest } = found.image.target;
    if (said !== digest) throw t.wrong(`pull printed "${said}", expected the digest of the manifest, ${digest}`);
    await collect(at.client, t.word());
    await expectWhole(
      t,
      at,
      "after pull, and when the collector was there,",
      "are the layers unpacked? And which labels lead from the manifest, which the name leads to, to all the rest?",
    );
    await at.box("pull", at.example.archive, at.name);
  },

  async kept(t) {
    const at = await place(t, { SLOW_MS: "150" });
    let pulling = true;
    const collector = (async () => {
      while (pulling) await collect(at.client, t.word());
    })();
    try {
      await at.box("pull", at.example.archive, at.name);
    } catch (error) {
      throw t.wrong(
        `while the collector was at work: ${(error as Error).message}`,
        "until there is a name nothing leads to what you have brought: a lease does",
      );
    } finally {
      pulling = false;
      await collector;
    }
    const { leases } = await at.client.services.leases.list({ filters: [] });
    if (leases.length > 0)
      throw t.wrong(
        `after pull ${leases.length} leases are left, expected them given back`,
        "also when something failed",
      );
  },

  async ran(t) {
    const at = await place(t);
    const [id, mark] = [t.word(), `${t.number(1000, 9999)}`];
    await at.box("pull", at.example.archive, at.name);
    const pid = await at.box("run", id, at.name, "sleep", mark);
    const cmdline = existsSync(`/proc/${pid}/cmdline`)
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      : "gone";
    if (cmdline !== `sleep ${mark}`)
      throw t.wrong(`process ${pid}, which run printed, is "${cmdline}", expected "sleep ${mark}"`);
    const applets = existsSync(`/proc/${pid}/root/bin/busybox`);
    if (!applets) throw t.wrong(`the root of process ${pid} has no /bin/busybox, expected the files of the image`);
    const record = await at.client.containers.get(id);
    if (record?.image !== at.name)
      throw t.wrong(`the record of ${id} names the image ${JSON.stringify(record?.image)}, expected ${at.name}`);
    await collect(at.client, t.word());
    if (!existsSync(`/proc/${pid}/root/bin/busybox`))
      throw t.wrong("the collector took the root from below the container, expected it to stay");
    await at.client.containers.delete(id);
  },

  async stopped(t) {
    const at = await place(t);
    const [polite, deaf] = [t.word(), t.word()];
    const code = t.number(2, 100);
    await at.box("pull", at.example.archive, at.name);
    const ready = "echo >/tmp/ready; while :; do sleep 0.05; done";
    const pids = await Promise.all([
      at.box("run", polite, at.name, "sh", "-c", `trap 'exit ${code}' TERM; ${ready}`),
      at.box("run", deaf, at.name, "sh", "-c", `trap '' TERM; ${ready}`),
    ]);
    await t.until(() => pids.every((pid) => existsSync(`/proc/${pid}/root/tmp/ready`)), PATIENCE_MS);
    const [asked, killed] = await Promise.all([at.box("stop", polite, "60"), at.box("stop", deaf, "1")]);
    if (asked !== String(code))
      throw t.wrong(
        `stop of a container that ends with ${code} on SIGTERM printed "${asked}", expected ${code}`,
        "SIGKILL comes after the seconds, and only when it has not ended",
      );
    if (killed !== "137") throw t.wrong(`stop of a container that ignores SIGTERM printed "${killed}", expected 137`);
    for (const id of [polite, deaf]) await at.client.containers.delete(id);
  },

  async removed(t) {
    const at = await place(t);
    const other = `example.test/${t.word()}:1`;
    const id = t.word();
    await at.box("pull", at.example.archive, at.name);
    await at.box("pull", at.example.archive, other);
    await at.box("run", id, other, "sleep", "1000");
    await at.box("rmi", at.name);
    await expectWhole(
      t,
      at,
      "after rmi of one of two names",
      "another name leads to the same blobs: take the name away, and leave the rest to the collector",
    );
    await at.box("rm", id);
    const task = await at.client.tasks.get(id);
    if (task || (await at.client.containers.get(id)))
      throw t.wrong(`after rm ${task ? "the task" : "the record"} of ${id} is left, expected nothing`);
    await at.box("rmi", other);
    const left: string[] = [];
    for await (const { info } of at.client.services.content.list({ filters: [] }))
      left.push(...info.map(({ digest }) => `blob ${digest.slice(0, 19)}`));
    for await (const { info } of at.client.services.snapshots.list({ snapshotter: "overlayfs", filters: [] }))
      left.push(...info.map(({ name }) => `snapshot ${name.slice(0, 19)}`));
    if (left.length > 0)
      throw t.wrong(
        `after rmi of the last name ${left.length} things are left (${left[0]}), expected none`,
        "is a lease left, or a label on something that is no part of the image?",
      );
  },
};
