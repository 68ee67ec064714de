import type { ServerResponse } from "node:http";
import fc from "fast-check";
import t from "tap";
import { createClient } from "../client/create-client.ts";
import { Pod } from "../kinds/pod/pod.ts";
import {
  json,
  line,
  pod,
  podList,
  refuse,
  type ScriptedServer,
  scriptedServer,
} from "../test-support/scripted-server.ts";
import { startInformer } from "./start-informer.ts";

type Step = { do: "put" | "remove" | "lose"; name: string } | { do: "cut" | "compact" | "end" | "fail" | "settle" };

/** What an API server remembers: the objects, and the history after the last compaction. */
class Model {
  readonly objects = new Map<string, Pod>();
  #log: { type: string; object: Pod }[] = [];
  #compacted = 1;
  #watchers = new Set<ServerResponse>();
  /** So many requests are still to be refused. */
  failing = 0;
  revision = 1;

  put(name: string): void {
    this.revision += 1;
    const object = pod(name, this.revision);
    this.#record(this.objects.has(name) ? "MODIFIED" : "ADDED", object);
    this.objects.set(name, object);
  }

  remove(name: string): void {
    if (!this.objects.delete(name)) return;
    this.revision += 1;
    this.#record("DELETED", pod(name, this.revision));
  }

  compact(): void {
    this.#compacted = this.revision;
    this.#log = [];
  }

  /** Ends the watches in good order, as servers do now and then. */
  end(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }

  answer(url: URL, response: ServerResponse): void {
    if (this.failing > 0) {
      this.failing -= 1;
      refuse(response, 503, "ServiceUnavailable", "not now");
    } else if (url.searchParams.get("watch") === null) {
      json(response, 200, podList(this.revision, [...this.objects.values()]));
    } else {
      this.#watch(Number(url.searchParams.get("resourceVersion")), response);
    }
  }

  #watch(after: number, response: ServerResponse): void {
    if (after < this.#compacted) {
      const status = { kind: "Status", apiVersion: "v1", code: 410, reason: "Expired", message: "too old" };
      line(response, "ERROR", status);
      response.end();
      return;
    }
    response.flushHeaders();
    for (const { type, object } of this.#log) {
      if (Number(object.metadata.resourceVersion) > after) line(response, type, object);
    }
    this.#watchers.add(response);
    response.on("close", () => this.#watchers.delete(response));
  }

  #record(type: string, object: Pod): void {
    this.#log.push({ type, object });
    for (const watcher of this.#watchers) line(watcher, type, object);
  }
}

/** Follows an informer through its handlers alone, and complains of what cannot be. */
function follower() {
  const known = new Map<string, string>();
  const problems: string[] = [];
  const revisionOf = (object: Pod): string => object.metadata.resourceVersion ?? "";
  return {
    known,
    problems,
    handler: {
      added(object: Pod) {
        if (known.has(object.metadata.name)) problems.push(`${object.metadata.name} was added twice`);
        known.set(object.metadata.name, revisionOf(object));
      },
      updated(object: Pod, old: Pod) {
        const { name } = object.metadata;
        if (known.get(name) !== revisionOf(old)) problems.push(`${name} was updated from a state that was not told`);
        if (Number(revisionOf(object)) <= Number(revisionOf(old))) problems.push(`${name} went back`);
        known.set(name, revisionOf(object));
      },
      deleted({ metadata }: Pod) {
        if (!known.delete(metadata.name)) problems.push(`${metadata.name} was deleted without having been there`);
      },
    },
  };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), name: fc.constantFrom("a", "b", "c", "d") }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("remove" as const), name: fc.constantFrom("a", "b", "c", "d") }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("cut", "compact", "end", "fail") }) },
  { weight: 4, arbitrary: fc.constant({ do: "settle" as const }) },
);

function play(model: Model, server: ScriptedServer, one: Step): void {
  if (one.do === "put") model.put(one.name);
  else if (one.do === "remove") model.remove(one.name);
  else if (one.do === "lose") {
    server.cut();
    model.remove(one.name);
    model.put("e");
    model.compact();
  } else if (one.do === "cut") server.cut();
  else if (one.do === "compact") model.compact();
  else if (one.do === "end") model.end();
  else if (one.do === "fail") model.failing = 2;
}

t.test(
  "through cuts, refusals and compactions the cache ends up as the server is, and handlers hear a story that fits",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const model = new Model();
        model.put("a");
        const server = await scriptedServer(({ url }, response) =>
          model.answer(new URL(url ?? "", "http://x"), response),
        );
        const client = createClient(server.config);
        const informer = startInformer(client, Pod, { backoff: { initialMs: 1, maxMs: 3 } });
        const { known, problems, handler } = follower();
        informer.addHandler(handler);
        try {
          for (const one of steps) {
            play(model, server, one);
            await new Promise((resolve) => (one.do === "settle" ? setTimeout(resolve, 4) : setImmediate(resolve)));
          }
          // Something to wait for: once this has arrived, so has everything before it.
          model.put("last");
          const end = Date.now() + 5000;
          while (informer.get("default/last") === undefined && Date.now() < end) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          const states = (objects: Iterable<Pod>): string[] =>
            [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
          const wanted = states(model.objects.values());
          const cached = states(informer.list());
          const told = [...known].map(([name, revision]) => `${name}@${revision}`).sort();
          if (`${cached}` !== `${wanted}`) problems.push(`the cache has ${cached}, the server ${wanted}`);
          if (`${told}` !== `${wanted}`) problems.push(`handlers know ${told}, the server has ${wanted}`);
          if (problems.length > 0) throw new Error(problems.join("; "));
        } finally {
          await informer.stop();
          await client.close();
          await server.close();
        }
      }),
      { numRuns: 150 },
    );
  },
);
