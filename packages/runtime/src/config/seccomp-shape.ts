import { seccompActions, seccompArchitectures, seccompFlags, seccompOperators } from "@drydock/linux";
import { type Check, integer, invalid, list, object, oneOf, text } from "./check.ts";

const maxErrno = 4095;
const knownAction = oneOf(...Object.keys(seccompActions));

const action: Check = (value, path) => {
  if (value !== "SCMP_ACT_NOTIFY") return knownAction(value, path);
  throw invalid(
    path,
    "SCMP_ACT_NOTIFY is not supported",
    "it takes a process that answers for the container: use SCMP_ACT_ERRNO, or SCMP_ACT_LOG to look on",
  );
};

const architecture = oneOf(...seccompArchitectures);

/** 64 bits; JSON's numbers are exact up to 2^53, and 2^64 is what becomes of 2^64 - 1. */
const operand: Check = (value, path) => {
  integer(0)(value, path);
  if (Number.isSafeInteger(value) || value === 2 ** 64) return;
  throw invalid(
    path,
    `${value} cannot be read exactly`,
    "use a value up to 2^53, or 18446744073709551615 for all bits",
  );
};

const errnoRet = integer(0, maxErrno);

/** The runtime-spec demands an error for a number that the action does not take (config-linux.md, Seccomp). */
function checkErrno(given: { action?: unknown; errno?: unknown }, path: string): void {
  if (given.errno === undefined || given.action === "SCMP_ACT_ERRNO" || given.action === "SCMP_ACT_TRACE") return;
  throw invalid(path, `${given.action} takes no number`, "remove it");
}

const rule = object(
  {
    names: list(text),
    action,
    errnoRet,
    args: list(
      object(
        { index: integer(0, 5), value: operand, valueTwo: operand, op: oneOf(...seccompOperators) },
        { required: ["index", "value", "op"] },
      ),
    ),
  },
  { required: ["names", "action"] },
);

const shape = object(
  {
    defaultAction: action,
    defaultErrnoRet: errnoRet,
    architectures: list(architecture),
    flags: list(oneOf(...Object.keys(seccompFlags))),
    syscalls: list(rule),
  },
  { required: ["defaultAction"] },
);

export const seccompShape: Check = (value, path) => {
  shape(value, path);
  const {
    defaultAction,
    defaultErrnoRet,
    syscalls = [],
  } = value as {
    defaultAction: unknown;
    defaultErrnoRet?: unknown;
    syscalls?: { names: string[]; action: unknown; errnoRet?: unknown }[];
  };
  checkErrno({ action: defaultAction, errno: defaultErrnoRet }, `${path}.defaultErrnoRet`);
  for (const [index, one] of syscalls.entries()) {
    if (one.names.length === 0) throw invalid(`${path}.syscalls[${index}].names`, "is empty", "name a system call");
    checkErrno({ action: one.action, errno: one.errnoRet }, `${path}.syscalls[${index}].errnoRet`);
  }
};
