/** A component that has been started. `failed` settles (rejects) only when it stops by itself. */
export interface Running {
  readonly failed: Promise<never>;
  /** Stops in order: no new work, work at hand finished, connections closed. Safe to call twice. */
  close(): Promise<void>;
}
