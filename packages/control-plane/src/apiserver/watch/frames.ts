import { apiVersionOf, type KubeObject } from "@drydock/machinery";
import type { CacheChange } from "../../store/cache/cache-event.ts";
import { renderObject, type View } from "../render/render.ts";
import { table } from "../render/table.ts";
import type { Status } from "../status/status.ts";
import type { WatchChange } from "./project.ts";

/** How watch events are written: one JSON object a line, or Server-Sent Events. */
export type Framing = "lines" | "sse";

/** Frames of a change that were written for one watcher and fit another with the same view of it. */
const shared = new WeakMap<CacheChange<KubeObject>, Map<string, Buffer>>();

export class FrameWriter {
  readonly #view: View;
  readonly #framing: Framing;
  readonly #variant: string;

  constructor(view: View, framing: Framing) {
    this.#view = view;
    this.#framing = framing;
    const { as, metaVersion } = view.rendering;
    this.#variant = `${framing} ${as} ${metaVersion} ${view.include}`;
  }

  /** The frame of a change; serialised once for all watchers that see the change in the same way. */
  change(event: CacheChange<KubeObject>, change: WatchChange): Buffer {
    let frames = shared.get(event);
    if (!frames) {
      frames = new Map();
      shared.set(event, frames);
    }
    const variant = `${this.#variant} ${change.type}`;
    let frame = frames.get(variant);
    if (!frame) {
      frame = this.object(change.type, change.object);
      frames.set(variant, frame);
    }
    return frame;
  }

  object(type: string, object: KubeObject): Buffer {
    return this.#frame(type, renderObject(this.#view, object), object.metadata.resourceVersion);
  }

  /** "You have everything up to here"; `initialEventsEnd` also says that what was there has been sent. */
  bookmark(revision: number, initialEventsEnd = false): Buffer {
    const { kind, rendering } = this.#view;
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    };
    const object =
      rendering.as === "Table"
        ? table(kind, { resourceVersion: String(revision) }, [], rendering)
        : rendering.as === "Metadata"
          ? { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata }
          : { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    return this.#frame("BOOKMARK", object, String(revision));
  }

  error(status: Status): Buffer {
    return this.#frame("ERROR", status, undefined);
  }

  #frame(type: string, object: object, revision: string | undefined): Buffer {
    const json = JSON.stringify({ type, object });
    if (this.#framing === "lines") return Buffer.from(`${json}\n`);
    const id = revision === undefined ? "" : `id: ${revision}\n`;
    return Buffer.from(`event: ${type}\n${id}data: ${json}\n\n`);
  }
}
