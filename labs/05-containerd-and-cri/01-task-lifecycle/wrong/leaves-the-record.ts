// fails at deleted: after delete the record
/**
 * node lifecycle.ts create ID ARGS…     root, record and task from $IMAGE; prints the pid. The program has not begun.
 * node lifecycle.ts start ID            it begins
 * node lifecycle.ts wait ID             prints its exit code when it has ended
 * node lifecycle.ts kill ID SIGNAL      a number
 * node lifecycle.ts delete ID           ends it when it runs; task, record and root are gone. Done already is done, too.
 * node lifecycle.ts events              prints "ready", then, as it happens, "created ID", "started ID", "exited ID CODE", "deleted ID"
 */
import { type ContainerdEvent, jsonAny } from "@drydock/containerd";
import { hasCode } from "@drydock/kit";
import { connect, image, spec } from "./containerd.ts";

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
const SIGKILL = 9;
const snapshotter = "overlayfs";

const client = await connect();
const { containers, snapshots, tasks } = client.services;

async function create(id: string, args: readonly string[]): Promise<void> {
  const found = await client.images.get(image);
  if (!found) throw new Error(`there is no image ${image}`);
  const { mounts } = await snapshots.prepare({ snapshotter, key: id, parent: found.chainId });
  await containers.create({
    container: {
      id,
      image,
      labels: {},
      runtime: { name: "io.containerd.runc.v2", options: null },
      spec: jsonAny(SPEC_TYPE, spec(id, args)),
      snapshotter,
      snapshotKey: id,
      extensions: {},
    },
  });
  const { pid } = await tasks.create({
    containerId: id,
    rootfs: mounts,
    stdin: "",
    stdout: "",
    stderr: "",
    terminal: false,
  });
  console.log(pid);
}

/** Undefined when there is no such thing any more: somebody was faster. */
async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, "CONTAINERD_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function remove(id: string): Promise<void> {
  const answer = await ifThere(tasks.get({ containerId: id }));
  if (answer && answer.process.status !== "STOPPED") {
    await ifThere(tasks.kill({ containerId: id, signal: SIGKILL, all: true }));
    // kill only sends the signal: the task is not over before it has ended.
    await ifThere(tasks.wait({ containerId: id }, { timeoutMs: 0 }));
  }
  await ifThere(tasks.delete({ containerId: id }));
  await ifThere(snapshots.remove({ snapshotter, key: id }));
}

function story({ topic, event }: ContainerdEvent): string | undefined {
  switch (topic) {
    case "/tasks/create":
      return `created ${event.containerId}`;
    case "/tasks/start":
      return `started ${event.containerId}`;
    case "/tasks/exit":
      // What was executed in a container later has an id of its own.
      return event.id === event.containerId ? `exited ${event.containerId} ${event.exitStatus}` : undefined;
    case "/tasks/delete":
      return event.id === "" || event.id === event.containerId ? `deleted ${event.containerId}` : undefined;
    default:
      return undefined;
  }
}

async function tellEvents(): Promise<void> {
  const events = await client.subscribe(new AbortController().signal);
  // Not before: what happens from now on is heard.
  console.log("ready");
  for await (const event of events) {
    const line = story(event);
    if (line) console.log(line);
  }
}

const [command, id = "", ...args] = process.argv.slice(2);
if (command === "create") await create(id, args);
else if (command === "start") await tasks.start({ containerId: id });
else if (command === "wait") console.log((await tasks.wait({ containerId: id }, { timeoutMs: 0 })).exitStatus);
else if (command === "kill") await tasks.kill({ containerId: id, signal: Number(args[0]) });
else if (command === "delete") await remove(id);
else if (command === "events") await tellEvents();
client.close();
