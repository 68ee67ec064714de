import { join } from "node:path";

/** Where the agent keeps what a pod has on disk, apart from what the runtime keeps. */
export class PodDirectories {
  readonly #root: string;
  /** CRI logs: `<state>/logs/pods`. */
  readonly logs: string;

  constructor(stateDir: string) {
    this.#root = join(stateDir, "pods");
    this.logs = join(stateDir, "logs", "pods");
  }

  get root(): string {
    return this.#root;
  }

  pod(uid: string): string {
    return join(this.#root, uid);
  }

  volumes(uid: string): string {
    return join(this.#root, uid, "volumes");
  }

  /** The file that a container sees as /dev/termination-log. */
  terminationMessage(uid: string, container: string, attempt: number): string {
    return join(this.#root, uid, "termination", container, String(attempt));
  }
}
