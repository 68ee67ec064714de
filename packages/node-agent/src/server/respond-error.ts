import { hasCode, messageOf } from "@drydock/kit";

/** The Status object that goes out for an error: its reason is what kubectl prints. */
export interface ErrorStatus {
  kind: "Status";
  apiVersion: "v1";
  metadata: object;
  status: "Failure";
  message: string;
  reason: string;
  code: number;
}

const answers: Record<string, [number, string]> = {
  AGENT_POD_NOT_FOUND: [404, "NotFound"],
  AGENT_NOT_RUNNING: [400, "BadRequest"],
  AGENT_BAD_REQUEST: [400, "BadRequest"],
  AGENT_FORBIDDEN: [403, "Forbidden"],
};

export function errorStatus(error: unknown): ErrorStatus {
  const [code, reason] = (hasCode(error) ? answers[error.code] : undefined) ?? [500, "InternalError"];
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: messageOf(error), reason, code };
}
