/**
 * node watcher.ts       looks after the containers that have a label lab.drydock.dev/restart, until it is killed; prints "ready" first
 *
 * lab.drydock.dev/restart    "always", "on-failure" (not after exit code 0): what has ended is started again. After 100 ms, then after twice as long each time,
 *                            at most 5 s; from the beginning again when it had run for 10 s
 * lab.drydock.dev/stopped    "true": somebody has stopped it on purpose, it stays as it is
 * lab.drydock.dev/health     a shell command, executed in it every second, that has 1 s to end with 0. Three failures in a row: it is killed
 */
import { connect } from "./containerd.ts";

const client = await connect();
const events = await client.subscribe(new AbortController().signal);
console.log("ready");
for await (const { topic, event } of events) {
  if (topic !== "/tasks/exit") continue;
  const { containerId } = event;
  const { snapshotter, snapshotKey: key } = (await client.services.containers.get({ id: containerId })).container;
  const { mounts } = await client.services.snapshots.mounts({ snapshotter, key });
  await client.services.tasks.create({
    containerId,
    rootfs: mounts,
    stdin: "",
    stdout: "",
    stderr: "",
    terminal: false,
  });
  await client.services.tasks.start({ containerId });
}
