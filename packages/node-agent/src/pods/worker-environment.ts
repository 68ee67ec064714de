import type { Clock, Logger } from "@drydock/kit";
import type { Client, EventRecorder } from "@drydock/machinery";
import type { ImagePuller } from "../images/image-puller.ts";
import type { PodRuntime } from "../port/pod-runtime.ts";
import type { PodHost } from "./pod-host.ts";
import type { SyncPolicy } from "./view.ts";

/** What all workers of a node share. */
export interface WorkerEnvironment {
  client: Client;
  host: PodHost;
  runtime: PodRuntime;
  puller: ImagePuller;
  recorder: EventRecorder;
  policy: SyncPolicy;
  hostIP: string;
  clock: Clock;
  logger: Logger;
}
