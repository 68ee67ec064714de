import { type ClusterRecord, type NodeRecord, processRecord, type RunningRecord, writeRecord } from "./record.ts";

/** The record of a cluster that runs, kept up to date on disk. Writes follow one another; none is lost, the last one wins. */
export class RunningCluster {
  readonly #dataDir: string;
  #record: ClusterRecord;
  #writing: Promise<void> = Promise.resolve();

  constructor(dataDir: string, record: ClusterRecord & { running: RunningRecord }) {
    this.#dataDir = dataDir;
    this.#record = record;
  }

  get running(): RunningRecord {
    return this.#record.running as RunningRecord;
  }

  async update(change: (running: RunningRecord) => void): Promise<void> {
    change(this.running);
    await this.#write();
  }

  async ready(): Promise<void> {
    this.#record = { ...this.#record, hasBeenReady: true };
    await this.update((running) => {
      running.phase = "ready";
    });
  }

  /** A process of the control plane has been started (again). */
  async processStarted(name: string, pid: number, restarts: number): Promise<void> {
    await this.update(({ processes }) => {
      processes[name] = processRecord(pid, restarts);
    });
  }

  async nodePartStarted(node: string, part: "container" | "agent", pid: number, restarts: number): Promise<void> {
    await this.update(({ nodes }) => {
      const record = nodes.find(({ name }) => name === node) as NodeRecord;
      record[part] = processRecord(pid, restarts);
    });
  }

  /** Nothing runs any more: only what the next start needs is kept. */
  async ended(): Promise<void> {
    const { running: _, ...rest } = this.#record;
    this.#record = rest;
    await this.#write();
  }

  #write(): Promise<void> {
    // Who asked for the write before this one has been told how it went; this one stands for itself.
    const write = (): Promise<void> => writeRecord(this.#dataDir, this.#record);
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}
