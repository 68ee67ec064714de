import type { Condition, KubeObject } from "@drydock/machinery";
import { failure } from "../errors.ts";
import { splitFieldPath } from "../manifest/field-path.ts";

/** A state to wait for. */
export interface WaitFor {
  type: "delete" | "create" | "condition" | "field";
  /** Whether an object is in the state. */
  holds(object: KubeObject): boolean;
  /** What is said when it is: "condition met". */
  met: string;
  /** As the user wrote it. */
  text: string;
}

/** Reads what `wait --for` takes, as kubectl's does. */
export function parseWaitFor(text: string): WaitFor {
  if (text === "delete") return { type: "delete", holds: () => false, met: "deleted", text };
  if (text === "create") return { type: "create", holds: () => true, met: "created", text };
  const condition = /^condition=([^=]+)(?:=(.+))?$/.exec(text);
  if (condition) {
    const [, name = "", status = "True"] = condition;
    return { type: "condition", holds: (object) => hasCondition(object, name, status), met: "condition met", text };
  }
  const field = /^jsonpath='?\{\.([^}]+)\}'?(?:=(.+))?$/.exec(text);
  if (field) {
    const [, path = "", value] = field;
    const keys = splitFieldPath(path);
    return { type: "field", holds: (object) => fieldHas(object, keys, value), met: "condition met", text };
  }
  throw failure("CLI_USAGE", `--for: "${text}" is not a state to wait for`, {
    hint: "write delete, create, condition=Ready, or jsonpath={.status.phase}=Running",
  });
}

/** A condition of an older generation says nothing about the object as it is now. */
function hasCondition(object: KubeObject, name: string, status: string): boolean {
  const { conditions = [], observedGeneration } =
    (object as { status?: { conditions?: Condition[]; observedGeneration?: number } }).status ?? {};
  const found = conditions.find(({ type }) => type.toLowerCase() === name.toLowerCase());
  const generation = found?.observedGeneration ?? observedGeneration;
  if (generation !== undefined && object.metadata.generation !== undefined && generation < object.metadata.generation) {
    return false;
  }
  return found?.status.toLowerCase() === status.toLowerCase();
}

function fieldHas(object: unknown, keys: readonly (string | number)[], value: string | undefined): boolean {
  let at: unknown = object;
  for (const key of keys) at = (at as Record<string | number, unknown> | undefined | null)?.[key];
  if (at === undefined || at === null) return false;
  return value === undefined || String(at) === value;
}
