import type { ErrorData } from "@drydock/kit";
import type { ContainerState, CreateRequest } from "../types.ts";

/** What the starter's thread is made with: RuntimeOptions as plain data. */
export interface StarterData {
  stateDir: string;
  cgroupRoot?: string;
  executor: "native" | "direct";
}

/** A call of Runtime.run or Lifecycle.create. */
export interface StarterCall {
  number: number;
  method: "run" | "create";
  request: CreateRequest;
}

export type StarterMessage =
  | { kind: "done"; number: number; state: ContainerState }
  | { kind: "failed"; number: number; error: ErrorData }
  /** Not one of ours: Node's about a file (`code` is its errno), or a bug. */
  | { kind: "broken"; number: number; message: string; stack?: string; code?: string }
  | { kind: "log"; level: "debug" | "info" | "warn" | "error"; fields: Record<string, unknown>; text: string };
