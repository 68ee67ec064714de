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

t.test("the image is still open under its number after all of them", async (t) => {
  // Descriptor 3 is free again in a process that runs for long: then temporary numbers are needed.
  for (const [sources, image] of [
    [[3, 36], 38],
    [[3, 4, 62], 64],
    [[3, 64], 65],
  ] as const) {
    const overwritten = moves(sources, image).map(([, to]) => to);
    t.notOk(overwritten.includes(image), `${sources} beside ${image}`);
  }
});
