import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CriClient, PodSandbox, PodSandboxConfig } from "@drydock/containerd";
import { hasCode } from "@drydock/kit";
import { makePodCgroup, removePodCgroup } from "../containerd/pod-cgroups.ts";
import { agentError } from "../errors.ts";
import { hostsText } from "../native/etc-files.ts";
import type { ObservedSandbox, SandboxSpec } from "../port/pod-runtime.ts";
import { labels, sandboxSpecIn } from "./labels.ts";
import { isoOfNs } from "./observed-run.ts";
import { sandboxConfigOf } from "./sandbox-config.ts";

export interface CriSandboxesOptions {
  cri: CriClient;
  owner: string;
  /** Where files of pods are kept that CRI does not make: /etc/hosts. */
  directory: string;
}

/** A sandbox with what it was made from. */
export interface KnownSandbox extends ObservedSandbox {
  spec: SandboxSpec;
  attempt: number;
}

/** How long the runtime may take to make a sandbox, ms: it may have to pull an image, and plugins make the network. */
const runTimeoutMs = 240_000;

/** The sandboxes of all pods: the runtime's own, made and found by CRI. */
export class CriSandboxes {
  readonly #options: CriSandboxesOptions;

  constructor(options: CriSandboxesOptions) {
    this.#options = options;
  }

  /** Ours, of one pod or of all, newest first. */
  async list(podUid?: string): Promise<PodSandbox[]> {
    const { cri, owner } = this.#options;
    const labelSelector = { [labels.owner]: owner, ...(podUid === undefined ? {} : { [labels.podUid]: podUid }) };
    const { items } = await cri.runtime.listPodSandbox({ filter: { labelSelector } });
    return items.sort((a, b) => b.createdAt - a.createdAt);
  }

  /** The pod's sandbox: the ready one, else the last that there was. */
  async observe(podUid: string): Promise<KnownSandbox | undefined> {
    const all = await this.list(podUid);
    const found = all.find(({ state }) => state === "SANDBOX_READY") ?? all[0];
    const spec = found && sandboxSpecIn(found.annotations);
    if (!found || !spec) return undefined;
    const known = { id: found.id, createdAt: isoOfNs(found.createdAt), spec, attempt: found.metadata?.attempt ?? 0 };
    if (found.state !== "SANDBOX_READY") return { ...known, state: "notready" };
    const ip = await this.#address(found.id);
    return { ...known, state: "ready", ...(ip ? { ip } : {}) };
  }

  async ensure(spec: SandboxSpec): Promise<ObservedSandbox> {
    const present = await this.observe(spec.podUid);
    if (present?.state === "ready") return withoutOrigin(present);
    const { cri, owner } = this.#options;
    const earlier = await this.list(spec.podUid);
    const attempt = Math.max(-1, ...earlier.map(({ metadata }) => metadata?.attempt ?? 0)) + 1;
    makePodCgroup(spec.cgroupParent);
    const config = sandboxConfigOf(spec, owner, attempt);
    await cri.runtime.runPodSandbox({ config }, { timeoutMs: runTimeoutMs });
    const made = await this.observe(spec.podUid);
    if (made?.state !== "ready") {
      throw agentError("AGENT_POD_NOT_FOUND", `the sandbox of pod ${spec.name} ended as soon as it was made`, {
        hint: "see the runtime's log",
      });
    }
    return withoutOrigin(made);
  }

  /** Gives back address, namespaces and cgroup; ends what still runs in it. Idempotent. */
  async stop(podUid: string): Promise<void> {
    for (const { id, state, annotations } of await this.list(podUid)) {
      if (state === "SANDBOX_READY") await gone(this.#options.cri.runtime.stopPodSandbox({ podSandboxId: id }));
      const spec = sandboxSpecIn(annotations);
      if (spec) removePodCgroup(spec.cgroupParent);
    }
  }

  /** Stops, and forgets what containers were in them, too. Idempotent. */
  async remove(podUid: string): Promise<void> {
    await this.stop(podUid);
    for (const { id } of await this.list(podUid)) {
      await gone(this.#options.cri.runtime.removePodSandbox({ podSandboxId: id }));
    }
    await rm(join(this.#options.directory, podUid), { recursive: true, force: true });
  }

  /** A sandbox as it was made, which goes with each container. */
  configOf({ spec, attempt }: KnownSandbox): PodSandboxConfig {
    return sandboxConfigOf(spec, this.#options.owner, attempt);
  }

  /** What all containers of a pod see, from what is known of its sandbox. Idempotent. */
  async files({
    spec,
    ip = "",
  }: KnownSandbox): Promise<{ hostPath: string; containerPath: string; readOnly: boolean }[]> {
    const directory = join(this.#options.directory, spec.podUid);
    await mkdir(directory, { recursive: true });
    const hosts = join(directory, "hosts");
    await writeFile(hosts, hostsText(spec, ip));
    return [{ hostPath: hosts, containerPath: "/etc/hosts", readOnly: false }];
  }

  async #address(id: string): Promise<string | undefined> {
    const answer = await gone(this.#options.cri.runtime.podSandboxStatus({ podSandboxId: id }));
    return answer?.status?.network?.ip || undefined;
  }
}

export function withoutOrigin({ spec: _spec, attempt: _attempt, ...sandbox }: KnownSandbox): ObservedSandbox {
  return sandbox;
}

/** The answer, or undefined when there is no such sandbox or container any more. */
export async function gone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (hasCode(error, "CONTAINERD_NOT_FOUND")) return undefined;
    throw error;
  }
}
