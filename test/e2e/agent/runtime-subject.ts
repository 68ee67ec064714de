/** A runtime that an agent is tested with: how it is told to use it, and what of it can be seen from outside of the agent. */
export interface RuntimeSubject {
  /** Makes it ready; `directory` is the test's own. Answers with options of the agent. */
  start(directory: string): Promise<object>;
  /** Pids of the first processes of all containers that run, by `<uid of the pod>.<container>.<attempt>`. */
  pids(): Promise<Map<string, number>>;
  /** How many processes watch over containers (shims), of those whose container's name begins so. */
  shims(prefix: string): Promise<number>;
  /** How ids of its containers begin in a status. */
  readonly runtimeName: string;
  /** Addresses that pods have, as it has written them down. */
  takenAddresses(): Promise<string[]>;
  /** Takes away what is left and ends. */
  close(): Promise<void>;
}
