import t from "tap";
import { AsyncQueue } from "./async-queue.ts";

async function drain<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

t.test("what was pushed before and while somebody waits comes out in order", async (t) => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  t.equal(queue.size, 2);
  const drained = drain(queue);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(queue.size, 0);
  queue.push(3);
  await new Promise((resolve) => setImmediate(resolve));
  queue.push(4);
  queue.close();
  t.ok(queue.closed);
  queue.push(5);
  t.same(await drained, [1, 2, 3, 4], "and nothing that came after the close");
});

t.test("a failure comes after what is queued", async (t) => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.fail(new Error("broken"));
  queue.fail(new Error("later"));
  const seen: number[] = [];
  await t.rejects(
    async () => {
      for await (const item of queue) seen.push(item);
    },
    { message: "broken" },
  );
  t.same(seen, [1]);
});

t.test("many items, with the consumer behind the producer", async (t) => {
  const queue = new AsyncQueue<number>();
  const drained = drain(queue);
  for (let i = 0; i < 5_000; i++) {
    queue.push(i);
    if (i % 700 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  queue.close();
  const items = await drained;
  t.equal(items.length, 5_000);
  t.ok(items.every((item, i) => item === i));
});

t.test("a consumer that leaves closes the queue, so that the producer can see it", async (t) => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  for await (const _ of queue) break;
  t.ok(queue.closed);
  queue.push(3);
  t.equal(queue.size, 1);
});
