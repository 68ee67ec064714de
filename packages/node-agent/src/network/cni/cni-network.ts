import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, messageOf } from "@drydock/kit";
import { agentError } from "../../errors.ts";
import { isNamespaceFile } from "../../native/namespace-file.ts";
import { readRecord, writeRecord } from "../../native/records.ts";
import type { Attached, PodAttachment, PodNetwork } from "../pod-network.ts";
import { type ConfList, loadConfList } from "./conf-list.ts";
import { runPlugin } from "./plugin.ts";
import { type CniContext, cniEnvironment, executionConf, podAddress } from "./request.ts";

export interface CniNetworkOptions {
  /** Where the first configuration list, by name, is the network. */
  confDir: string;
  /** Where plugins are looked for, in this order. */
  binDirs: readonly string[];
  /** Range of this node's pods, told to plugins with the capability `ipRanges`. */
  podCidr: string;
  /** Where it is written down what is attached, one file for each pod. */
  records: string;
  logger: Logger;
}

/** Of a pod that is attached, or was being attached when the agent died: then without a result. */
interface AttachmentRecord {
  /** As it was then: what a list made must be undone by the same list. */
  list: ConfList;
  pod: PodAttachment;
  podCidr: string;
  result?: unknown;
}

/**
 * Pods connected by plugins: the runtime's side of CNI (https://www.cni.dev/docs/spec/, version 1.0, section 3). The plugins of a list are run one after the
 * other, each told what the one before it resulted in, and for DEL in the reverse order.
 */
export class CniNetwork implements PodNetwork {
  readonly #options: CniNetworkOptions;
  #list: ConfList | undefined;

  constructor(options: CniNetworkOptions) {
    this.#options = options;
  }

  async open(kept: Pick<ReadonlySet<string>, "has">): Promise<void> {
    const { confDir, records, logger } = this.#options;
    await mkdir(records, { recursive: true });
    this.#list = await loadConfList(confDir);
    await this.#checkVersions(this.#list);
    for (const podUid of (await readdir(records)).filter((name) => !name.includes("."))) {
      if (!kept.has(podUid)) {
        await this.disconnect(podUid);
        logger.info({ podUid }, "network of a pod that is gone was given back");
      } else {
        await this.#check(podUid);
      }
    }
  }

  async attach(pod: PodAttachment, made: Promise<void>): Promise<Attached> {
    const list = this.#list ?? (await loadConfList(this.#options.confDir));
    const { podCidr, binDirs: path } = this.#options;
    const record: AttachmentRecord = { list, pod, podCidr };
    // Before the first plugin: what it has done when this process ends must be undone.
    await Promise.all([writeRecord(this.#record(pod.podUid), record), made]);
    const context: CniContext = { list, pod, podCidr, path };
    let result: unknown;
    for (const plugin of list.plugins) {
      result = await runPlugin(plugin.type, cniEnvironment("ADD", context), executionConf(plugin, context, result));
    }
    await writeRecord(this.#record(pod.podUid), { ...record, result });
    const ip = podAddress(result);
    if (ip === undefined) {
      throw agentError("AGENT_CNI", `network ${list.name} gave pod ${pod.namespace}/${pod.name} no IPv4 address`, {
        hint: "its list needs a plugin with ipam, e.g. host-local",
      });
    }
    return { ip, connected: Promise.resolve() };
  }

  async disconnect(podUid: string): Promise<void> {
    const record = await readRecord<AttachmentRecord>(this.#record(podUid));
    if (!record) return;
    const { list, pod, podCidr, result } = record;
    // After a reboot the file is there, and no namespace on it. Plugins then give back what is outside.
    const netns = (await isNamespaceFile(pod.netns)) ? pod.netns : "";
    const context: CniContext = { list, pod: { ...pod, netns }, podCidr, path: this.#options.binDirs };
    for (const plugin of list.plugins.toReversed()) {
      await runPlugin(plugin.type, cniEnvironment("DEL", context), executionConf(plugin, context, result));
    }
    await rm(this.#record(podUid), { force: true });
  }

  /** DEL has given all back. */
  async release(): Promise<void> {}

  /** A pod whose network is no longer as it was made is told of; it is left to people, because its containers may well do without. */
  async #check(podUid: string): Promise<void> {
    const record = await readRecord<AttachmentRecord>(this.#record(podUid));
    // CHECK came with version 0.4.
    if (record?.result === undefined || record.list.disableCheck || record.list.cniVersion.startsWith("0.3")) return;
    const context: CniContext = { ...record, path: this.#options.binDirs };
    try {
      for (const plugin of record.list.plugins) {
        await runPlugin(plugin.type, cniEnvironment("CHECK", context), executionConf(plugin, context, record.result));
      }
    } catch (error) {
      const { namespace, name } = record.pod;
      this.#options.logger.warn(
        { podUid, namespace, name, error: messageOf(error) },
        "the network of a pod is not as it was made: delete the pod to have it made anew",
      );
    }
  }

  /** Also finds plugins that are not there, before a pod needs them. */
  async #checkVersions({ plugins, cniVersion }: ConfList): Promise<void> {
    for (const type of new Set(plugins.map((plugin) => plugin.type))) {
      const environment = { CNI_COMMAND: "VERSION", CNI_PATH: this.#options.binDirs.join(":") };
      const { supportedVersions = [] } = (await runPlugin(type, environment, { cniVersion })) as {
        supportedVersions?: string[];
      };
      if (supportedVersions.includes(cniVersion)) continue;
      throw agentError("AGENT_CNI_CONFIG", `plugin ${type} does not know CNI ${cniVersion}`, {
        hint: `write a cniVersion that it knows: ${supportedVersions.join(", ")}`,
      });
    }
  }

  #record(podUid: string): string {
    return join(this.#options.records, podUid);
  }
}
