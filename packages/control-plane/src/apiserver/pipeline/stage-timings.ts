/** What one stage of the pipeline has cost so far. */
export interface StageTiming {
  stage: string;
  what: string;
  count: number;
  totalMs: number;
  maxMs: number;
}

/** The stages of the pipeline in their order, with the time that requests have spent in each. */
export class StageTimings {
  readonly #stages = new Map<string, StageTiming>();

  constructor(stages: readonly { name: string; what: string }[]) {
    for (const { name, what } of stages) {
      this.#stages.set(name, { stage: name, what, count: 0, totalMs: 0, maxMs: 0 });
    }
  }

  record(stage: string, ms: number): void {
    const timing = this.#stages.get(stage);
    if (!timing) throw new Error(`the pipeline has no stage ${stage}`);
    timing.count++;
    timing.totalMs += ms;
    if (ms > timing.maxMs) timing.maxMs = ms;
  }

  measure<T>(stage: string, run: () => T): T {
    const start = performance.now();
    try {
      return run();
    } finally {
      this.record(stage, performance.now() - start);
    }
  }

  async measureAsync<T>(stage: string, run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.record(stage, performance.now() - start);
    }
  }

  list(): StageTiming[] {
    return [...this.#stages.values()];
  }
}
