import { mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { agentError } from "../../errors.ts";
import { addressAt, type Cidr, indexOf } from "../cidr.ts";

/**
 * Which pod has which address, on disk: one symbolic link per address, named for it, pointing to the owner's uid. Making a symbolic
 * link is atomic together with its content, so that no crash leaves a half-written owner, and two allocators never get the same address.
 */
export class AddressPool {
  readonly #directory: string;
  readonly #cidr: Cidr;
  /** Where the search goes on: a freed address is used again as late as possible. */
  #next: number | undefined;

  constructor(directory: string, cidr: Cidr) {
    this.#directory = directory;
    this.#cidr = cidr;
  }

  /** The owner's address: the one that it already has, or a free one. */
  async allocate(owner: string): Promise<string> {
    await mkdir(this.#directory, { recursive: true });
    const taken = await this.list();
    for (const [address, holder] of taken) if (holder === owner) return address;
    // 0 is the network, 1 the bridge, the last the broadcast address.
    const first = 2;
    const count = this.#cidr.size - first - 1;
    const begin = this.#next ?? first + lastUsed(taken, this.#cidr, first);
    for (let step = 0; step < count; step++) {
      const index = first + ((begin - first + step) % count);
      const address = addressAt(this.#cidr, index);
      if (taken.has(address) || !(await this.#claim(address, owner))) continue;
      this.#next = index + 1;
      return address;
    }
    throw agentError("AGENT_NO_ADDRESS", `all ${count} addresses of the node's pod range are taken`, {
      hint: "delete pods of this node, or give it a larger pod range",
      details: { taken: taken.size },
    });
  }

  async release(owner: string): Promise<void> {
    for (const [address, holder] of await this.list()) {
      if (holder === owner) await rm(join(this.#directory, address), { force: true });
    }
  }

  /** Frees what belongs to no sandbox that exists: what crashes left. Returns the freed addresses. */
  async releaseOthers(owners: Pick<ReadonlySet<string>, "has">): Promise<string[]> {
    const freed: string[] = [];
    for (const [address, holder] of await this.list()) {
      if (owners.has(holder)) continue;
      await rm(join(this.#directory, address), { force: true });
      freed.push(address);
    }
    return freed;
  }

  /** Address to owner. */
  async list(): Promise<Map<string, string>> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    });
    const taken = new Map<string, string>();
    for (const name of names) {
      const owner = await readlink(join(this.#directory, name)).catch((error: unknown) => {
        // Freed since readdir.
        if (errnoOf(error) === "ENOENT") return undefined;
        throw error;
      });
      if (owner !== undefined) taken.set(name, owner);
    }
    return taken;
  }

  async #claim(address: string, owner: string): Promise<boolean> {
    try {
      await symlink(owner, join(this.#directory, address));
      return true;
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return false;
      throw error;
    }
  }
}

function lastUsed(taken: ReadonlyMap<string, string>, cidr: Cidr, first: number): number {
  let last = 0;
  for (const address of taken.keys()) last = Math.max(last, indexOf(cidr, address) - first + 1);
  return last;
}
