import { ManualClock } from "@drydock/kit";
import type { Client, EventRecorder, Informer, Lease, Node, Pod } from "@drydock/machinery";
import t from "tap";
import { node } from "../test-support/objects.ts";
import { NodeReconciler } from "./node-reconciler.ts";

t.test("a node is judged by the time that we could have heard it", async (t) => {
  const clock = new ManualClock(1_000_000);
  const health = { watching: true, reconnects: 0 };
  let lost = false;
  const reconciler = new NodeReconciler({
    client: {
      updateStatus: async (_type: unknown, object: Node) => {
        lost = true;
        return object;
      },
      update: async (_type: unknown, object: Node) => object,
    } as unknown as Client,
    recorder: { recordEvent() {} } as unknown as EventRecorder,
    nodes: { get: () => node({ name: "a" }) } as unknown as Informer<Node>,
    leases: { get: () => undefined, health: () => health } as unknown as Informer<Lease>,
    pods: { byIndex: () => [] } as unknown as Informer<Pod>,
    clock,
    graceMs: 40_000,
  });
  t.same(await reconciler.reconcile("a"), { requeueAfterMs: 40_000 });
  await clock.advance(39_000);
  health.watching = false;
  t.ok((await reconciler.reconcile("a"))?.requeueAfterMs);
  await clock.advance(60_000);
  health.watching = true;
  health.reconnects = 1;
  t.same(await reconciler.reconcile("a"), { requeueAfterMs: 40_000 }, "cut off ourselves: the whole time again");
  await clock.advance(30_000);
  health.reconnects = 2;
  t.same(await reconciler.reconcile("a"), { requeueAfterMs: 40_000 }, "also when the cut was not noticed");
  await clock.advance(40_000);
  t.notOk(lost);
  await reconciler.reconcile("a");
  t.ok(lost);
});
