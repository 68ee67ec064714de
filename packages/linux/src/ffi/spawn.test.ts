import t from "tap";
import { moves } from "./spawn.ts";

t.test("descriptors are brought to 3, 4, 5", async (t) => {
  t.strictSame(moves([20, 21]), [
    [20, 3],
    [21, 4],
  ]);
  t.strictSame(moves([]), []);
});

t.test("also when a target is one of the sources", async (t) => {
  for (const sources of [[4, 3], [3], [4, 5, 3], [5, 20, 4]]) {
    const table = new Map(sources.map((fd) => [fd, `was ${fd}`]));
    for (const [from, to] of moves(sources)) table.set(to, table.get(from) ?? "lost");
    t.strictSame(
      sources.map((_, index) => table.get(3 + index)),
      sources.map((fd) => `was ${fd}`),
      String(sources),
    );
  }
});
