import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, type Logger } from "@drydock/kit";
import {
  cString,
  findCgroup2,
  MNT_DETACH,
  removeCgroup,
  removeEmptyParents,
  runProgram,
  syscallUnless,
} from "@drydock/linux";
import type { ObservedSandbox, SandboxSpec } from "../port/pod-runtime.ts";
import { AddressPool } from "./address-pool.ts";
import { ensureBridge, plugIntoBridge } from "./bridge.ts";
import { type Cidr, gatewayOf } from "./cidr.ts";
import { writeEtcFiles } from "./etc-files.ts";
import type { NativeLayout } from "./layout.ts";
import { type PodRecord, readRecord, type SandboxRecord, writeRecord } from "./records.ts";
import { addressProgram, namespacesProgram } from "./sandbox-programs.ts";

export interface SandboxesOptions {
  layout: NativeLayout;
  bridge: string;
  cidr: Cidr;
  logger: Logger;
}

/**
 * Sandboxes: what the containers of a pod share. Made in an order in which a crash at any point leaves something that is seen to be
 * incomplete (no sandbox.json) and is taken down before the next try.
 */
export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #layout: NativeLayout;
  readonly #addresses: AddressPool;

  constructor(options: SandboxesOptions) {
    this.#options = options;
    this.#layout = options.layout;
    this.#addresses = new AddressPool(options.layout.addresses, options.cidr);
  }

  async open(): Promise<void> {
    await mkdir(this.#layout.pods, { recursive: true });
    await ensureBridge(this.#options.bridge, this.#options.cidr);
    const owners = new Set<string>();
    for (const uid of await this.uids()) if ((await this.observe(uid))?.state === "ready") owners.add(uid);
    const freed = await this.#addresses.releaseOthers(owners);
    if (freed.length > 0) this.#options.logger.info({ freed }, "addresses of pods that are gone are free again");
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
    await this.#detach(namespaces);
    const { namespace, name, cgroupParent, hostname } = spec;
    const pod: PodRecord = { uid, namespace, name, cgroupParent, hostname };
    const [ip] = await Promise.all([
      this.#addresses.allocate(uid),
      writeRecord(this.#layout.podRecord(uid), pod),
      this.#makeNamespaces(namespaces, spec.hostname),
    ]);
    const netns = join(namespaces, "net");
    const { cidr, bridge } = this.#options;
    await Promise.all([
      plugIntoBridge(bridge, vethName(uid), netns).then(() =>
        runProgram(addressProgram(netns, { ip, prefix: cidr.prefix, gateway: gatewayOf(cidr) })),
      ),
      writeEtcFiles(this.#layout.etc(uid), spec, ip),
    ]);
    const record: SandboxRecord = { ip, createdAt: new Date().toISOString() };
    await writeRecord(this.#layout.sandboxRecord(uid), record);
    return { id: uid, state: "ready", ...record };
  }

  /** Gives back address, namespaces and cgroup. Idempotent. */
  async stop(uid: string): Promise<void> {
    await rm(this.#layout.sandboxRecord(uid), { force: true });
    // The kernel removes both ends of the veth pair with the namespace.
    await this.#detach(this.#layout.namespaces(uid));
    await this.#addresses.release(uid);
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

/** A namespace that is bound to a file is on another file system (nsfs) than the directory. */
async function isNamespaceFile(path: string): Promise<boolean> {
  try {
    const [file, directory] = await Promise.all([stat(path), stat(dirname(path))]);
    return file.dev !== directory.dev;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** The node's end of a pod's cable; interface names have at most 15 characters. */
function vethName(uid: string): string {
  return `veth${createHash("sha256").update(uid).digest("hex").slice(0, 8)}`;
}
