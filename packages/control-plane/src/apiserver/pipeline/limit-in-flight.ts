import type { RequestInfo } from "../http/request-info.ts";
import { tooManyRequests } from "../status/refusals.ts";

/** kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight. */
const limits = { read: 400, write: 200 } as const;

const retryAfterSeconds = 1;

/**
 * Counts requests under way and refuses more than the server can hold. Requests that run for long by nature are not
 * counted.
 */
export class InFlightLimit {
  readonly #counts = { read: 0, write: 0 };

  /** Throws REQUEST_TOO_MANY; otherwise returns what must be called when the request has ended. */
  enter(info: RequestInfo): () => void {
    if (isLongRunning(info)) return () => {};
    const reads = ["get", "list", "head", "options"].includes(info.verb);
    const lane = reads ? "read" : "write";
    if (this.#counts[lane] >= limits[lane]) throw tooManyRequests(retryAfterSeconds);
    this.#counts[lane]++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#counts[lane]--;
    };
  }

  get counts(): Readonly<Record<"read" | "write", number>> {
    return this.#counts;
  }
}

const longSubresources = new Set(["log", "exec", "attach", "portforward", "proxy"]);

export function isLongRunning(info: RequestInfo): boolean {
  if (!info.isResource) return false;
  return info.verb === "watch" || longSubresources.has(info.subresource);
}
