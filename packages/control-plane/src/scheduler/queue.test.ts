import t from "tap";
import { podInfoOf } from "./pod-info.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { pendingPod } from "./test-support/pending-pod.ts";

function newQueue() {
  const queue = new SchedulingQueue(
    [
      { name: "NodeResourcesFit", retryOn: ["NodeAdded", "PodRemoved"] },
      { name: "TaintToleration", retryOn: ["NodeAdded", "NodeTaintsChanged"] },
    ],
    { backoff: { initialMs: 100, maxMs: 1000 }, maxUnschedulableMs: 60_000 },
  );
  const add = (name: string, now: number, priority = 0) => queue.add(podInfoOf(pendingPod({ name, priority })), now);
  const pop = () => queue.pop() as QueuedPod;
  return { queue, add, pop };
}

const nameOf = (queued: QueuedPod | undefined) => queued?.info.pod.metadata.name;

t.test("higher priority first, then the older", async (t) => {
  const { queue, add } = newQueue();
  add("young", 20);
  add("old", 10);
  add("important", 30, 1000);
  t.same(
    [nameOf(queue.pop()), nameOf(queue.pop()), nameOf(queue.pop()), queue.pop()],
    ["important", "old", "young", undefined],
  );
});

t.test("a pod that fits nowhere waits for an event that can help it", async (t) => {
  const { queue, add, pop } = newQueue();
  add("p", 0);
  queue.turnedDown(pop(), new Set(["NodeResourcesFit"]), 0);
  queue.happened("NodeTaintsChanged", 500);
  t.equal(queue.pop(), undefined, "no taint made it fail");
  queue.happened("PodRemoved", 500);
  t.equal(nameOf(queue.pop()), "p");
});

t.test("an event during the back-off takes effect at its end", async (t) => {
  const { queue, add, pop } = newQueue();
  add("p", 0);
  queue.turnedDown(pop(), new Set(["NodeResourcesFit"]), 0);
  queue.happened("PodRemoved", 30);
  t.equal(queue.pop(), undefined);
  t.equal(queue.nextWake(), 100);
  queue.flush(99);
  t.equal(queue.pop(), undefined);
  queue.flush(100);
  const second = pop();
  t.equal(second.attempts, 2);
  queue.failed(second, 100);
  t.equal(queue.nextWake(), 300, "twice the delay after the second attempt");
});

t.test("without any node, a new node is what counts; without any event, time does", async (t) => {
  const { queue, add, pop } = newQueue();
  add("p", 0);
  queue.turnedDown(pop(), new Set(), 0);
  queue.happened("PodRemoved", 1000);
  t.equal(queue.pop(), undefined);
  queue.happened("NodeAdded", 1000);
  queue.turnedDown(pop(), new Set(), 1000);
  t.equal(queue.nextWake(), 61_000);
  queue.flush(61_000);
  t.equal(nameOf(queue.pop()), "p");
});

t.test("a changed pod is tried again, a removed one never", async (t) => {
  const { queue, add, pop } = newQueue();
  add("p", 0);
  queue.turnedDown(pop(), new Set(["NodeResourcesFit"]), 0);
  queue.refresh(podInfoOf(pendingPod({ name: "p" })), 1000);
  t.equal(queue.pop(), undefined, "a new status changes nothing");
  add("p", 1000);
  t.equal(pop().attempts, 2);
  add("p", 1000);
  queue.remove("uid-p");
  t.equal(queue.pop(), undefined);
});
