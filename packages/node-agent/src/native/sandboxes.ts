import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import {
  cString,
  findCgroup2,
  MNT_DETACH,
  removeCgroup,
  removeEmptyParents,
  runProgram,
  syscallUnless,
} from "@drydock/linux";
import type { PodNetwork } from "../network/pod-network.ts";
import type { ObservedSandbox, SandboxSpec } from "../port/pod-runtime.ts";
import { writeEtcFiles } from "./etc-files.ts";
import type { NativeLayout } from "./layout.ts";
import { isNamespaceFile } from "./namespace-file.ts";
import { type PodRecord, readRecord, type SandboxRecord, writeRecord } from "./records.ts";
import { namespacesProgram } from "./sandbox-programs.ts";

export interface SandboxesOptions {
  layout: NativeLayout;
  network: PodNetwork;
  /** Other processes make sandboxes in the same directory: nothing is taken for a leftover, and the network is prepared with the first sandbox. */
  isShared: boolean;
}

/** Another process may be making any of them at this moment. */
const everyPod = { has: () => true };

/**
 * Sandboxes: what the containers of a pod share. Made in an order in which a crash at any point leaves something that is seen to be
 * incomplete (no sandbox.json) and is taken down before the next try.
 */
export class Sandboxes {
  readonly #layout: NativeLayout;
  readonly #network: PodNetwork;
  readonly #isShared: boolean;

  constructor({ layout, network, isShared }: SandboxesOptions) {
    this.#layout = layout;
    this.#network = network;
    this.#isShared = isShared;
  }

  async open(): Promise<void> {
    await mkdir(this.#layout.pods, { recursive: true });
    if (this.#isShared) return;
    const kept = new Set<string>();
    for (const uid of await this.uids()) if ((await this.observe(uid))?.state === "ready") kept.add(uid);
    await this.#network.open(kept);
  }

  /** Pods that anything is left of. */
  async uids(): Promise<string[]> {
    return readdir(this.#layout.pods).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    });
  }

  async observe(uid: string): Promise<ObservedSandbox | undefined> {
    const record = await readRecord<SandboxRecord>(this.#layout.sandboxRecord(uid));
    if (!record) return undefined;
    const ready = await isNamespaceFile(join(this.#layout.namespaces(uid), "net"));
    return { id: uid, state: ready ? "ready" : "notready", ip: record.ip, createdAt: record.createdAt };
  }

  async ensure(spec: SandboxSpec): Promise<ObservedSandbox> {
    const uid = spec.podUid;
    const present = await this.observe(uid);
    if (present?.state === "ready") return present;
    const namespaces = this.#layout.namespaces(uid);
    await mkdir(namespaces, { recursive: true });
    if (this.#isShared) await this.#network.open(everyPod);
    const { namespace, name, cgroupParent, hostname } = spec;
    const pod: PodRecord = { uid, namespace, name, cgroupParent, hostname };
    // What a try before this one left.
    await this.#network.disconnect(uid);
    await this.#detach(namespaces);
    const attachment = { podUid: uid, namespace, name, netns: join(namespaces, "net") };
    const [{ ip, connected }] = await Promise.all([
      this.#network.attach(attachment, this.#makeNamespaces(namespaces, spec.hostname)),
      writeRecord(this.#layout.podRecord(uid), pod),
    ]);
    await Promise.all([connected, writeEtcFiles(this.#layout.etc(uid), spec, ip)]);
    const record: SandboxRecord = { ip, createdAt: new Date().toISOString() };
    await writeRecord(this.#layout.sandboxRecord(uid), record);
    return { id: uid, state: "ready", ...record };
  }

  /** Gives back address, namespaces and cgroup. Idempotent. */
  async stop(uid: string): Promise<void> {
    await rm(this.#layout.sandboxRecord(uid), { force: true });
    await this.#network.disconnect(uid);
    await this.#detach(this.#layout.namespaces(uid));
    await this.#network.release(uid);
    const pod = await readRecord<PodRecord>(this.#layout.podRecord(uid));
    if (!pod) return;
    const root = findCgroup2();
    const cgroup = join(root, pod.cgroupParent);
    removeCgroup(cgroup);
    removeEmptyParents(root, cgroup);
  }

  async #makeNamespaces(directory: string, hostname: string): Promise<void> {
    for (const name of ["net", "uts", "ipc"]) await (await open(join(directory, name), "a", 0o600)).close();
    await runProgram(namespacesProgram(directory, hostname));
  }

  async #detach(directory: string): Promise<void> {
    for (const name of ["net", "uts", "ipc"]) {
      const path = join(directory, name);
      // More than one mount can lie on it when a crash came at the wrong moment.
      while (await isNamespaceFile(path)) syscallUnless(["EINVAL", "ENOENT"], "umount2", cString(path), MNT_DETACH);
    }
  }
}
