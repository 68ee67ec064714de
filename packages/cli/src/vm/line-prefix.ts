import { Writable } from "node:stream";

/** Passes whole lines on with `prefix` before each, so that the output of several machines can be told apart. A last line without its end gets one. */
export function linePrefix(prefix: string, target: Writable): Writable {
  let rest = "";
  return new Writable({
    decodeStrings: false,
    write(chunk: Buffer | string, _encoding, done) {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      if (lines.length === 0) return done();
      target.write(lines.map((line) => `${prefix}${line}\n`).join(""), done);
    },
    final(done) {
      if (rest === "") return done();
      target.write(`${prefix}${rest}\n`, done);
    },
  });
}
