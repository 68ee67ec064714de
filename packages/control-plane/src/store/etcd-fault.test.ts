import t from "tap";
import { storeError } from "./etcd-fault.ts";

t.test("etcd's silence in words of ours, its own words as they are", async (t) => {
  const refused = new Error(
    "14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:2379",
  );
  t.match(storeError("get /a", refused, false), {
    code: "STORE_UNAVAILABLE",
    message: "get /a: etcd does not answer",
    hint: "see whether etcd runs",
    cause: refused,
  });
  t.match(storeError("put /a", refused, true), { hint: /^nothing was changed; / });
  const late = new Error("4 DEADLINE_EXCEEDED: Deadline exceeded after 5.001s");
  t.match(storeError("put /a", late, true), {
    message: "put /a: etcd does not answer",
    hint: /^the write may have happened/,
    details: { unknownFate: true },
  });
  t.equal(
    storeError("put /a", new Error("14 UNAVAILABLE: etcdserver: no leader"), true).message,
    "put /a: etcd cannot serve it now: no leader",
  );
  t.match(storeError("put /a", new Error("3 INVALID_ARGUMENT: etcdserver: duplicate key given"), true), {
    code: "STORE_REFUSED",
    message: /duplicate key given$/,
  });
});
