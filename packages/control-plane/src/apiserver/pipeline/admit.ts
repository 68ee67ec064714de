import type { AdmissionRequest, AdmissionStage } from "../admission/admission.ts";
import type { StageTimings } from "./stage-timings.ts";

/** Runs the rules of one phase in order; the first that throws refuses the write. */
export function admitter(stages: readonly AdmissionStage[], timings: StageTimings) {
  return ({ phase, ...request }: AdmissionRequest & { phase: "mutate" | "validate" }): Promise<void> =>
    timings.measureAsync("admit", async () => {
      for (const stage of stages) await stage[phase]?.(request);
    });
}
