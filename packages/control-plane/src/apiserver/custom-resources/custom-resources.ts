import { isDeepStrictEqual } from "node:util";
import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import {
  builtinKinds,
  CustomResourceDefinition,
  customResourceCleanup,
  type FieldError,
  isConditionTrue,
} from "@drydock/machinery";
import type { Operation, WriteOperation } from "../registry/operation.ts";
import type { Registry } from "../registry/registry.ts";
import { objectKey, type Resource } from "../registry/resource.ts";
import { updateObject } from "../registry/update.ts";
import { judgeDefinition } from "./accept-names.ts";
import { customCodec } from "./custom-codec.ts";
import { customKind } from "./custom-kind.ts";
import { removeInstances } from "./remove-instances.ts";

export interface CustomResourcesOptions {
  registry: Registry;
  admit: Operation["admit"];
  clock: Clock;
  logger: Logger;
  /** Ends the following. */
  signal: AbortSignal;
}

interface Served {
  resource: Resource;
  /** Everything of the definition that the resource was made from, as text. */
  made: string;
}

/** How long a request for a kind that has just been defined waits until it is served, ms. */
const patienceMs = 5_000;
const retryMs = 1_000;

/**
 * Serves what CustomResourceDefinitions define, and follows them: every API server does so by itself, from the same cache as any client. Names are
 * judged by all servers alike (a pure function, written by compare-and-swap), and so are objects removed with their definition.
 */
export class CustomResources {
  readonly #options: CustomResourcesOptions;
  readonly #definitions: Resource;
  /** By `group/version/plural`. */
  readonly #served = new Map<string, Served>();
  readonly #removing = new Map<string, Promise<void>>();
  #synced = Promise.withResolvers<void>();
  #following: Promise<void> = Promise.resolve();

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#definitions = options.registry.require(CustomResourceDefinition);
  }

  /** Resolves when what was defined before is served. */
  async start(): Promise<void> {
    await this.#definitions.cache.ready();
    const reached = this.#definitions.cache.revision;
    await this.#sync();
    this.#following = this.#follow(reached);
  }

  /** Resolves when nothing is under way any more; the signal must have ended it. */
  async close(): Promise<void> {
    await this.#following;
    await Promise.all(this.#removing.values());
  }

  /**
   * A resource that is not served here: when it has just been defined, perhaps through another server, it will be in a moment. So whoever has made a
   * definition can use it with the next request, without a delay for "all servers will know by then".
   */
  async awaited(group: string, version: string, plural: string): Promise<Resource | undefined> {
    if (!group.includes(".")) return undefined;
    const { registry, clock } = this.#options;
    const name = `${plural}.${group}`;
    const stored = await registry.store.get(objectKey(this.#definitions, "", name));
    if (!stored) return undefined;
    await this.#definitions.cache.waitFor(stored.modRevision, patienceMs);
    const until = clock.now() + patienceMs;
    for (;;) {
      const synced = this.#synced.promise;
      const found = registry.find(group, version, plural);
      if (found || !this.#isPending(name, version) || clock.now() >= until) return found;
      await Promise.race([synced, clock.sleep(until - clock.now(), this.#options.signal)]);
    }
  }

  /** Will this version be served without anybody doing anything? */
  #isPending(name: string, version: string): boolean {
    const definition = this.#list().find(({ metadata }) => metadata.name === name);
    if (!definition || definition.metadata.deletionTimestamp) return false;
    if (!definition.spec.versions.some((one) => one.name === version && one.served)) return false;
    return !definition.status?.conditions?.some(({ type, status }) => type === "NamesAccepted" && status === "False");
  }

  #list(): readonly CustomResourceDefinition[] {
    return this.#definitions.cache.list().items as readonly CustomResourceDefinition[];
  }

  async #follow(reached: number): Promise<void> {
    const { signal, clock, logger } = this.#options;
    const { cache } = this.#definitions;
    let after: number | "now" = reached;
    while (!signal.aborted) {
      try {
        for await (const event of cache.watch({ after }, signal)) {
          after = event.revision;
          if (event.type !== "PROGRESS") await this.#sync();
        }
      } catch (error) {
        if (signal.aborted) return;
        // The history is gone: what is there now is all that counts.
        if (hasCode(error, "CACHE_EXPIRED", "CACHE_SLOW_CONSUMER")) after = "now";
        else logger.warn({ error: messageOf(error) }, "custom resources could not be followed, trying again");
        await clock.sleep(retryMs, signal).catch(ignoreAbort);
        if (!signal.aborted) await this.#sync();
      }
    }
  }

  /** Makes what is served what the definitions say. */
  async #sync(): Promise<void> {
    const { logger } = this.#options;
    const wanted = new Set<string>();
    for (const definition of this.#list()) {
      try {
        for (const name of this.#serve(definition)) wanted.add(name);
        if (definition.metadata.deletionTimestamp) this.#remove(definition);
        else await this.#judge(definition);
      } catch (error) {
        // One that cannot be judged now must not keep the others from being served.
        const fields = { definition: definition.metadata.name, error: messageOf(error) };
        if (!this.#options.signal.aborted) logger.warn(fields, "a definition could not be looked at");
      }
    }
    for (const [name, { resource }] of this.#served) {
      if (wanted.has(name)) continue;
      this.#served.delete(name);
      logger.info({ resource: name }, "no longer serving");
      await this.#options.registry.remove(resource);
    }
    this.#synced.resolve();
    this.#synced = Promise.withResolvers();
  }

  /** Serves the versions of a definition; returns their names. */
  *#serve(definition: CustomResourceDefinition): Generator<string> {
    const { metadata, spec, status } = definition;
    const storage = spec.versions.find((version) => version.storage)?.name;
    if (storage === undefined || !isConditionTrue(status?.conditions, "Established")) return;
    const { registry, logger } = this.#options;
    for (const version of spec.versions) {
      if (!version.served) continue;
      const name = `${spec.group}/${version.name}/${spec.names.plural}`;
      const made = JSON.stringify([metadata.uid, storage, spec.scope, status?.acceptedNames, version]);
      const known = this.#served.get(name);
      if (known?.made === made) {
        this.#markTerminating(known, definition);
        yield name;
        continue;
      }
      const errors: FieldError[] = [];
      const kind = customKind(definition, version, errors);
      if (errors.length > 0) {
        // Stored by a server that knew more than we do.
        logger.error({ resource: name, errors }, "a definition cannot be served");
        continue;
      }
      const served = { resource: registry.add(kind, customCodec(kind, storage)), made };
      this.#served.set(name, served);
      this.#markTerminating(served, definition);
      if (known) void registry.remove(known.resource);
      logger.info({ resource: name }, known ? "serving as it is now defined" : "serving");
      yield name;
    }
  }

  #markTerminating(served: Served, { metadata }: CustomResourceDefinition): void {
    if (!metadata.deletionTimestamp || served.resource.terminating) return;
    served.resource = { ...served.resource, terminating: true };
    this.#options.registry.put(served.resource);
  }

  async #judge({ metadata, spec }: CustomResourceDefinition): Promise<void> {
    const { clock } = this.#options;
    const judged = (definition: CustomResourceDefinition) => ({
      ...definition,
      status: judgeDefinition(definition, this.#list(), builtinKinds, clock.now()),
    });
    const current = this.#list().find(({ metadata: { uid } }) => uid === metadata.uid);
    if (!current || isDeepStrictEqual(judged(current).status, current.status)) return;
    try {
      await updateObject(
        this.#operation(),
        `${spec.names.plural}.${spec.group}`,
        (definition) => judged(definition as CustomResourceDefinition),
        "status",
      );
    } catch (error) {
      // Changed by another, or gone: its event brings us back.
      if (!hasCode(error, "REQUEST_CONFLICT", "REQUEST_NOT_FOUND")) throw error;
    }
  }

  #remove(definition: CustomResourceDefinition): void {
    const { uid = "", name, finalizers = [] } = definition.metadata;
    if (this.#removing.has(uid) || !finalizers.includes(customResourceCleanup)) return;
    const { registry, clock, logger, signal } = this.#options;
    const remove = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          await removeInstances({ registry, clock, signal, operation: this.#operation(), definition });
          return;
        } catch (error) {
          // etcd may be away, or an object may be in somebody's hands.
          if (!signal.aborted)
            logger.warn({ definition: name, error: messageOf(error) }, "objects are still to be removed");
          await clock.sleep(retryMs, signal).catch(ignoreAbort);
        }
      }
    };
    this.#removing.set(
      uid,
      remove().finally(() => this.#removing.delete(uid)),
    );
  }

  #operation(): WriteOperation {
    const { registry, admit } = this.#options;
    return {
      registry,
      resource: this.#definitions,
      namespace: "",
      user: { name: "system:apiserver", groups: ["system:masters"] },
      warnings: [],
      admit,
      parameters: { dryRun: false, fieldValidation: "Strict", fieldManager: "drydock-apiserver" },
    };
  }
}

/** The loop's condition sees the abort. */
function ignoreAbort(): void {}
