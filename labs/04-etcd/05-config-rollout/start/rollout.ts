/**
 * node rollout.ts      brings a configuration to all instances, $BATCH at a time (3), without end
 *
 * config/desired    the version that is wanted, as text; written by others
 * instances/NAME    an instance that lives; written and deleted by others
 * assigned/NAME     the version that NAME is to run; ours. None for who does not live
 * ack/NAME          {"version": "…", "ok": true} from NAME: runs it; "ok": false: cannot. NAME writes it; we may delete it
 * config/status     {"version": "…", "state": "…", "good": "…"}; ours. state is rolling, done or rolled-back; good the last version that was done, "" before the first
 *
 * rolling: at most $BATCH instances are assigned the version without having acknowledged it. All have: done. One cannot: rolled-back, and who was assigned it is assigned
 * the good one again (nothing, when there is none), all at once. It stays like this until another version is desired. New instances get the good one then.
 *
 * etcd is at $ENDPOINT, http://127.0.0.1:2379 unless stated.
 */
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });

// To everybody at once, on hearsay, and without looking back: the way in which configurations take whole companies down.
const watcher = client.watch().key("config/desired").watcher();
watcher.on("put", async (kv) => {
  const version = String(kv.value);
  for (const key of await client.getAll().prefix("instances/").keys()) {
    await client.put(key.replace("instances/", "assigned/")).value(version);
  }
  await client.put("config/status").value(JSON.stringify({ version, state: "rolling", good: "" }));
});
