import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import t from "tap";
import { linePrefix } from "./line-prefix.ts";

t.test("every line carries the name, however the bytes arrive", async (t) => {
  const target = new PassThrough();
  const one = linePrefix("a | ", target);
  for (const chunk of ["first\nsec", "ond", "\n\nlast"]) one.write(chunk);
  await new Promise((resolve) => one.end(resolve));
  target.end();
  t.equal(await text(target), "a | first\na | second\na | \na | last\n");
});
