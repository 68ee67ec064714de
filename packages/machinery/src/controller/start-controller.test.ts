import t from "tap";
import { createClient } from "../client/create-client.ts";
import { startInformer } from "../informer/start-informer.ts";
import { Pod } from "../kinds/pod/pod.ts";
import { json, line, pod, podList, scriptedServer } from "../test-support/scripted-server.ts";
import type { ControllerOptions, ReconcileResult } from "./controller.ts";
import { informerSource, type KeySource } from "./key-source.ts";
import { startController } from "./start-controller.ts";

/** A source whose keys the test hands in. */
function manualSource(): KeySource & { push(key: string): void; sync(): void } {
  const synced = Promise.withResolvers<void>();
  let enqueue: (key: string) => void = () => {};
  return {
    synced: (signal) => {
      signal.addEventListener("abort", () => synced.reject(signal.reason));
      return synced.promise;
    },
    subscribe(to) {
      enqueue = to;
      return () => {
        enqueue = () => {};
      };
    },
    push: (key) => enqueue(key),
    sync: () => synced.resolve(),
  };
}

function start(
  test: Pick<typeof t, "teardown">,
  reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined>,
  options: Partial<ControllerOptions> = {},
) {
  const source = manualSource();
  const controller = startController({
    name: "test",
    sources: [source],
    reconciler: { reconcile: async (key, signal) => (await reconcile(key, signal)) ?? {} },
    backoff: { initialMs: 1, maxMs: 4 },
    ...options,
  });
  test.teardown(() => controller.stop());
  return { source, controller };
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 600) throw new Error(`did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test("waits for its sources, then reconciles what has gathered once", async (t) => {
  const seen: string[] = [];
  const { source, controller } = start(t, async (key) => void seen.push(key));
  for (const key of ["a", "b", "a"]) source.push(key);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(seen, []);
  source.sync();
  await controller.started();
  await eventually(() => seen.length === 2);
  t.same(seen, ["a", "b"]);
});

t.test("tries again after a failure, and forgets it after a success", async (t) => {
  let failures = 4;
  const { source, controller } = start(t, async () => {
    if (failures-- > 0) throw new Error("not yet");
    return undefined;
  });
  source.sync();
  source.push("a");
  await eventually(() => controller.health().reconciles === 5);
  t.match(controller.health(), { errors: 4, lastError: { key: "a", message: "not yet" }, queue: { failing: 0 } });
});

t.test("comes back when it is asked to", async (t) => {
  let calls = 0;
  const { source } = start(t, async () => {
    calls += 1;
    return calls < 3 ? { requeueAfterMs: 5 } : undefined;
  });
  source.sync();
  source.push("a");
  await eventually(() => calls === 3);
});

t.test("several keys at once, one key never", async (t) => {
  const running = new Map<string, number>();
  let most = 0;
  let done = 0;
  const { source } = start(
    t,
    async (key) => {
      t.notOk(running.has(key), "one at a time for a key");
      running.set(key, 1);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running.delete(key);
      done += 1;
      return undefined;
    },
    { workers: 3 },
  );
  source.sync();
  for (let i = 0; i < 30; i++) source.push(`k${i % 5}`);
  await eventually(() => done >= 5);
  source.push("k0");
  await eventually(() => done >= 6);
  t.equal(most, 3);
});

t.test("stop aborts what runs and takes no more, also when it never started", async (t) => {
  let aborted = false;
  const seen: string[] = [];
  const { source, controller } = start(t, async (key, signal) => {
    seen.push(key);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    aborted = true;
    return undefined;
  });
  source.sync();
  source.push("a");
  source.push("b");
  await eventually(() => seen.length === 1);
  await controller.stop();
  t.ok(aborted);
  controller.enqueue("c");
  t.same(seen, ["a"]);
  const idle = start(t, async () => undefined);
  const never = t.rejects(idle.controller.started());
  await idle.controller.stop();
  await never;
});

t.test("an informer as a source: additions, updates of both owners, deletions", async (t) => {
  const server = await scriptedServer(({ url }, response) => {
    if (!url?.includes("watch")) return json(response, 200, podList(1, [pod("one", 1, "a")]));
    line(response, "MODIFIED", pod("one", 2, "b"));
    line(response, "DELETED", pod("one", 3, "b"));
  });
  const client = createClient(server.config);
  const informer = startInformer(client, Pod);
  const seen: string[] = [];
  const controller = startController({
    name: "test",
    sources: [informerSource(informer, ({ spec }) => [spec.nodeName ?? ""])],
    reconciler: { reconcile: async (key) => void seen.push(`${key}:${informer.list().length}`) },
  });
  t.teardown(async () => {
    await controller.stop();
    await informer.stop();
    await client.close();
    await server.close();
  });
  await eventually(() => seen.includes("b:0") && seen.some((entry) => entry.startsWith("a:")));
});
