/** What the start and stop of a cluster says while it goes on. */
export type Progress =
  | { type: "step"; text: string }
  /** A node has become Ready. */
  | { type: "nodes"; ready: number; wanted: number }
  | { type: "ready"; server: string; nodes: number; ms: number }
  | { type: "stopping" }
  | { type: "stopped" };

export type Report = (progress: Progress) => void;

/** One line for people; undefined for what is not worth one. */
export function progressText(progress: Progress): string | undefined {
  switch (progress.type) {
    case "step":
      return progress.text;
    case "nodes":
      return `${progress.ready} of ${progress.wanted} nodes ready`;
    case "ready": {
      const nodes = `${progress.nodes} node${progress.nodes === 1 ? "" : "s"}`;
      return `cluster ready in ${(progress.ms / 1000).toFixed(1)} s: ${nodes}, API server at ${progress.server}`;
    }
    case "stopping":
      return "stopping the cluster";
    case "stopped":
      return undefined;
  }
}
