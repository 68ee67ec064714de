import type { RequestInfo } from "../http/request-info.ts";
import { mastersGroup, type User } from "../rbac/user.ts";
import { tooManyRequests } from "../status/refusals.ts";

/** kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight. */
const limits = { read: 400, write: 200 } as const;

const retryAfterSeconds = 1;

/** Above this part of a limit nobody gets more than an even share of it. */
const crowded = 0.75;

/**
 * Counts requests under way and refuses more than the server can hold. When it is crowded, each user has an even share:
 * a client that runs wild is sent away before it has taken the places of all others. Administrators are not held to it,
 * they may have to end what causes the crowd. Requests that run for long by nature are not counted.
 */
export class InFlightLimit {
  readonly #counts = { read: 0, write: 0 };
  readonly #byUser = { read: new Map<string, number>(), write: new Map<string, number>() };

  /** Throws REQUEST_TOO_MANY; otherwise returns what must be called when the request has ended. */
  enter(info: RequestInfo, user: User): () => void {
    if (isLongRunning(info)) return () => {};
    const reads = ["get", "list", "head", "options"].includes(info.verb);
    const lane = reads ? "read" : "write";
    const users = this.#byUser[lane];
    const own = users.get(user.name) ?? 0;
    const share = limits[lane] / (users.size + (own === 0 ? 1 : 0));
    const greedy = this.#counts[lane] >= limits[lane] * crowded && own >= share && !user.groups.includes(mastersGroup);
    // With one user there is nobody to share with, but somebody may come: a quarter stays free for that.
    const alone = users.size <= 1 && own >= limits[lane] * crowded && !user.groups.includes(mastersGroup);
    if (this.#counts[lane] >= limits[lane] || greedy || alone) throw tooManyRequests(retryAfterSeconds);
    this.#counts[lane]++;
    users.set(user.name, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#counts[lane]--;
      const rest = (users.get(user.name) ?? 1) - 1;
      if (rest > 0) users.set(user.name, rest);
      else users.delete(user.name);
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
