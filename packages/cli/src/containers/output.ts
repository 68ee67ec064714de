import type { FollowHooks, LogOptions, ObservedContainer } from "@drydock/node-agent";
import type { Engine } from "./engine.ts";
import { observe } from "./engine.ts";
import { logOf, type Place } from "./place.ts";
import type { ContainerRecord } from "./record.ts";

export interface OutputOptions extends Pick<LogOptions, "follow" | "tailLines" | "sinceTime"> {
  timestamps?: boolean;
}

/** Writes what a container has written, each stream to ours; with `follow` until it has ended. */
export async function writeOutput(
  place: Place,
  { name }: ContainerRecord,
  options: OutputOptions,
  hooks: FollowHooks,
): Promise<void> {
  const { readEntries } = await import("@drydock/node-agent");
  for await (const { stream, time, partial, content } of readEntries(logOf(place, name), options, hooks)) {
    if (options.sinceTime !== undefined && time < options.sinceTime) continue;
    const stamp = options.timestamps ? `${time} ` : "";
    await written(process[stream], Buffer.concat([Buffer.from(stamp), content, Buffer.from(partial ? "" : "\n")]));
  }
}

/** How often the end of a container is looked for, ms. */
const pollMs = 250;

/** Follows a container of this engine. */
export function following(engine: Engine, record: ContainerRecord, signal: AbortSignal): FollowHooks {
  return {
    running: async () => isUnderWay((await observe(engine, record))?.run),
    onChange(listener) {
      const stop = engine.pods.onChange((uid) => uid === record.uid && listener());
      // The end of a container that another process keeps is told to nobody here.
      const timer = setInterval(listener, pollMs);
      return () => {
        clearInterval(timer);
        stop();
      };
    },
    signal,
  };
}

/** Nothing to follow: what there is is all. */
export const notFollowing: FollowHooks = {
  running: async () => false,
  onChange: () => () => {},
  signal: new AbortController().signal,
};

function isUnderWay(run: ObservedContainer | undefined): boolean {
  return run !== undefined && run.state !== "exited";
}

function written(stream: NodeJS.WriteStream, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    // A reader that hung up is told by the stream's own error, which ends this program.
    stream.write(bytes, () => resolve());
  });
}
