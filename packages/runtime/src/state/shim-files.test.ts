import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { shimFiles } from "../compile/shim.ts";
import { readExit, readPid, readShimPid } from "./shim-files.ts";

t.test("a file that the shim has made but not written says nothing yet", async (t) => {
  const directory = t.testdir();
  const path = (name: string): string => join(directory, name);
  t.equal(readPid(directory), undefined, "no file");
  for (const name of [shimFiles.shim, shimFiles.pid, shimFiles.exit]) writeFileSync(path(name), "");
  t.same([readShimPid(directory), readPid(directory), readExit(directory)], [undefined, undefined, undefined]);

  const pid = Buffer.alloc(8);
  pid.writeBigUInt64LE(4242n);
  writeFileSync(path(shimFiles.pid), pid);
  t.equal(readPid(directory), 4242);
  const status = Buffer.alloc(4);
  status.writeUInt32LE(3 << 8);
  writeFileSync(path(shimFiles.exit), status);
  t.match(readExit(directory), { code: 3 });
});
