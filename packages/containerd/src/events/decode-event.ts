import type { Envelope } from "../api/common.ts";
import type * as api from "../api/events.ts";
import type { Protos } from "../rpc/load-protos.ts";
import { isoTime } from "../rpc/timestamps.ts";

/** What each topic carries. */
export interface EventsByTopic {
  "/tasks/create": api.TaskCreate;
  "/tasks/start": api.TaskStart;
  "/tasks/exit": api.TaskExit;
  "/tasks/delete": api.TaskDelete;
  "/tasks/oom": api.TaskOOM;
  "/tasks/exec-added": api.TaskExecAdded;
  "/tasks/exec-started": api.TaskExecStarted;
  "/tasks/paused": api.TaskPaused;
  "/tasks/resumed": api.TaskResumed;
  "/containers/create": api.ContainerCreate;
  "/containers/update": api.ContainerUpdate;
  "/containers/delete": api.ContainerDelete;
}

export type ContainerdEvent = {
  [Topic in keyof EventsByTopic]: { topic: Topic; time: string | undefined; event: EventsByTopic[Topic] };
}[keyof EventsByTopic];

/** The event in an envelope; undefined for kinds that we do not know. */
export function decodeEvent(protos: Protos, { topic, timestamp, event }: Envelope): ContainerdEvent | undefined {
  // 1.x says `containerd.events.TaskExit`; a URL before the name is allowed.
  const name = event?.type_url.split("/").at(-1);
  const message = name === undefined ? undefined : protos.message(name);
  if (!message || !event) return undefined;
  const decoded = message.deserialize(Buffer.from(event.value));
  return { topic, time: isoTime(timestamp), event: decoded } as unknown as ContainerdEvent;
}
