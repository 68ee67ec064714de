import { createHash } from "node:crypto";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileFilter, defaultSeccompProfile, type SeccompProfile } from "@drydock/linux";
import t from "tap";
import { filterRevision, keptFilter } from "./kept-filters.ts";

const profile = (errnoRet: number): SeccompProfile => ({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet }],
});

t.test("a filter is what compileFilter makes, first and later", async (t) => {
  const directory = t.testdir();
  for (const errno of [1, 2, 1, 2]) {
    const { bytes, flags } = compileFilter(profile(errno), { arch: "x64" });
    t.same(keptFilter(directory, profile(errno), "x64"), { bytes, flags });
  }
  const other = compileFilter(profile(1), { arch: "arm64" });
  t.same(keptFilter(directory, profile(1), "arm64").bytes, other.bytes, "of another architecture");
});

t.test("a file that holds something else is not taken", async (t) => {
  const directory = t.testdir();
  const wanted = keptFilter(directory, profile(1), "x64").bytes;
  const kept = join(directory, ".filters");
  const [name = ""] = readdirSync(kept);
  const path = join(kept, name);
  const good = readFileSync(path);

  truncateSync(path, good.length - 3);
  t.same(keptFilter(directory, profile(1), "x64").bytes, wanted, "half of one");
  t.same(readFileSync(path), good, "is replaced");

  const ofAnother = Buffer.from(good);
  ofAnother.set(Buffer.from("9"), 8);
  writeFileSync(path, ofAnother);
  t.same(keptFilter(directory, profile(1), "x64").bytes, wanted, "of another profile or revision");
});

t.test("nothing is kept where nothing can be written", async (t) => {
  const directory = t.testdir({ ".filters": "a file" });
  for (let times = 0; times < 2; times++) {
    t.same(keptFilter(directory, profile(1), "x64").bytes, compileFilter(profile(1), { arch: "x64" }).bytes);
  }
});

t.test("the revision says which instructions are made", async (t) => {
  const { bytes } = compileFilter(defaultSeccompProfile(["CAP_CHOWN"]), { arch: "x64" });
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  t.same(
    { filterRevision, digest },
    { filterRevision: 1, digest: "414162199d834a0d" },
    "raise filterRevision, and note the digest here",
  );
});
