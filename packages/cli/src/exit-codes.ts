import { DrydockError } from "@drydock/kit";

/** What a script can tell apart by `$?`. docs/errors.md has the same table for people. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  denied: 5,
  conflict: 6,
  invalid: 7,
  timeout: 8,
  machine: 9,
  interrupted: 130,
} as const;

/** Codes that do not end with 1. Prefixes are not used: a code says one thing, and its line here says how a script sees it. */
const byCode: Record<string, number> = {
  CLI_USAGE: exitCodes.usage,
  CLI_UNKNOWN_KIND: exitCodes.usage,
  CLI_NO_TERMINAL: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  API_NOT_FOUND: exitCodes.notFound,
  CLI_NOTHING_FOUND: exitCodes.notFound,
  MANIFEST_NOT_FOUND: exitCodes.notFound,
  IMAGE_NOT_FOUND: exitCodes.notFound,
  IMAGE_UNKNOWN: exitCodes.notFound,
  API_UNAVAILABLE: exitCodes.unreachable,
  KUBECONFIG_MISSING: exitCodes.unreachable,
  CLUSTER_NOT_RUNNING: exitCodes.unreachable,
  IMAGE_REGISTRY_UNREACHABLE: exitCodes.unreachable,
  API_UNAUTHORIZED: exitCodes.denied,
  API_FORBIDDEN: exitCodes.denied,
  IMAGE_UNAUTHORIZED: exitCodes.denied,
  CLUSTER_NOT_ROOT: exitCodes.denied,
  API_CONFLICT: exitCodes.conflict,
  API_ALREADY_EXISTS: exitCodes.conflict,
  CLUSTER_RUNNING: exitCodes.conflict,
  CLUSTER_BUSY: exitCodes.conflict,
  IMAGE_IN_USE: exitCodes.conflict,
  API_INVALID: exitCodes.invalid,
  MANIFEST_SYNTAX: exitCodes.invalid,
  MANIFEST_INVALID: exitCodes.invalid,
  KUBECONFIG_INVALID: exitCodes.invalid,
  IMAGE_MALFORMED: exitCodes.invalid,
  IMAGE_HOSTILE_LAYER: exitCodes.invalid,
  IMAGE_DIGEST_MISMATCH: exitCodes.invalid,
  IMAGE_BAD_REFERENCE: exitCodes.invalid,
  CLI_WAIT_TIMEOUT: exitCodes.timeout,
  CLUSTER_START_TIMEOUT: exitCodes.timeout,
  COMMAND_TIMEOUT: exitCodes.timeout,
  COMMAND_NOT_FOUND: exitCodes.machine,
  CLUSTER_NO_CGROUP2: exitCodes.machine,
  CLUSTER_PROGRAM_MISSING: exitCodes.machine,
  CLUSTER_PORT_TAKEN: exitCodes.machine,
  CLUSTER_NO_NETWORK: exitCodes.machine,
  CLUSTER_DATA_DIR: exitCodes.machine,
  CLUSTER_DATA_CORRUPT: exitCodes.machine,
  CLUSTER_INTERRUPTED: exitCodes.interrupted,
};

export function exitCodeOf(error: unknown): number {
  return (error instanceof DrydockError ? byCode[error.code] : undefined) ?? exitCodes.failed;
}
