import fc from "fast-check";
import t from "tap";
import { Heap } from "./heap.ts";

t.test("any mixture of pushes and deletes pops in order", async () => {
  const action = fc.record({ key: fc.nat(20), rank: fc.nat(100), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const heap = new Heap<{ key: string; rank: number }>(
        ({ key }) => key,
        (a, b) => a.rank < b.rank,
      );
      const model = new Map<string, number>();
      for (const { key, rank, remove } of actions) {
        if (remove) {
          heap.delete(`${key}`);
          model.delete(`${key}`);
        } else {
          heap.push({ key: `${key}`, rank });
          model.set(`${key}`, rank);
        }
      }
      const popped: number[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) popped.push(item.rank);
      const expected = [...model.values()].sort((a, b) => a - b);
      if (JSON.stringify(popped) !== JSON.stringify(expected)) throw new Error(`${popped} is not ${expected}`);
    }),
  );
});
