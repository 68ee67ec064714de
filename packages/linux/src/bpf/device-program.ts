import { type DeviceMatch, type DeviceRule, deviceMatch, isAboutAll } from "./device-rules.ts";
import { type ExtendedInstruction, extendedCodes } from "./extended.ts";

/** Registers as the program uses them. Context: struct bpf_cgroup_dev_ctx { u32 access << 16 | type; u32 major, minor }. */
const register = { result: 0, context: 1, type: 2, access: 3, major: 4, minor: 5 } as const;

/**
 * The rules as an eBPF program of type CGROUP_DEVICE: the kernel runs it for every open and mknod of a device file in
 * the cgroup, and 0 means EPERM. For each kind of access the last rule about it counts, so the rules are gone through
 * from the last to the first, while `access` holds what is not decided yet. What no rule is about is denied. Pure.
 */
export function deviceProgram(rules: readonly DeviceRule[]): ExtendedInstruction[] {
  const { result, context, type, access, major, minor } = register;
  const program: ExtendedInstruction[] = [
    { code: extendedCodes.loadWord, destination: type, source: context, offset: 0 },
    { code: extendedCodes.copy, destination: access, source: type },
    { code: extendedCodes.shiftRight, destination: access, immediate: 16 },
    { code: extendedCodes.and, destination: type, immediate: 0xffff },
    { code: extendedCodes.loadWord, destination: major, source: context, offset: 4 },
    { code: extendedCodes.loadWord, destination: minor, source: context, offset: 8 },
  ];
  const answers: { at: number; allow: boolean }[] = [];
  let rest = false;
  for (const match of rules.map(deviceMatch).reverse()) {
    if (isAboutAll(match)) {
      rest = match.allow;
      break;
    }
    program.push(...ruleInstructions(match));
    // The last instruction of a rule jumps to the answer, whose place is known at the end.
    answers.push({ at: program.length - 1, allow: match.allow });
  }
  const answer = (allow: boolean): number => {
    const at = program.length;
    program.push({ code: extendedCodes.set, destination: result, immediate: Number(allow) });
    program.push({ code: extendedCodes.exit, destination: 0 });
    return at;
  };
  const targets = new Map([[rest, answer(rest)]]);
  if (answers.some(({ allow }) => allow !== rest)) targets.set(!rest, answer(!rest));
  for (const { at, allow } of answers) {
    const jump = program[at];
    if (jump) jump.offset = (targets.get(allow) ?? 0) - at - 1;
  }
  return program;
}

function ruleInstructions({ allow, type, major, minor, access }: DeviceMatch): ExtendedInstruction[] {
  const decide: ExtendedInstruction[] = allow
    ? [
        { code: extendedCodes.and, destination: register.access, immediate: ~access },
        { code: extendedCodes.jumpEqual, destination: register.access, immediate: 0 },
      ]
    : [{ code: extendedCodes.jumpSet, destination: register.access, immediate: access }];
  const tests = Object.entries({ type, major, minor }).flatMap(([name, value]) =>
    value === undefined ? [] : { destination: register[name as "type"], value },
  );
  return [
    ...tests.map(({ destination, value }, index): ExtendedInstruction => {
      const skip = tests.length - index - 1 + decide.length;
      return { code: extendedCodes.jumpNotEqual, destination, immediate: value, offset: skip };
    }),
    ...decide,
  ];
}

/** Whether rules let everything through, so that no program is needed. */
export function allowsEverything(rules: readonly DeviceRule[]): boolean {
  const matches = rules.map(deviceMatch);
  const last = matches.findLastIndex(isAboutAll);
  return last >= 0 && matches.slice(last).every(({ allow }) => allow);
}

/** A program as a listing, one line an instruction, with the places of jumps. */
export function printDeviceProgram(program: readonly ExtendedInstruction[]): string {
  const width = String(program.length - 1).length;
  const names = Object.fromEntries(Object.entries(register).map(([name, number]) => [number, name]));
  const lines = program.map(({ code, destination, source = 0, offset = 0, immediate = 0 }, index) => {
    const name = names[destination] ?? "?";
    const target = index + 1 + offset;
    const text = {
      [extendedCodes.loadWord]: `${name} = word ${offset / 4} of the context`,
      [extendedCodes.copy]: `${name} = ${names[source] ?? "?"}`,
      [extendedCodes.shiftRight]: `${name} >>= ${immediate}`,
      [extendedCodes.and]: `${name} &= ${immediate < 0 ? `~${~immediate}` : immediate}`,
      [extendedCodes.set]: `result = ${immediate === 0 ? "deny" : "allow"}`,
      [extendedCodes.jumpNotEqual]: `if ${name} != ${immediate} go to ${target}`,
      [extendedCodes.jumpEqual]: `if ${name} == ${immediate} go to ${target}`,
      [extendedCodes.jumpSet]: `if ${name} & ${immediate} go to ${target}`,
      [extendedCodes.exit]: "exit",
    }[code];
    return `${String(index).padStart(width)}  ${text ?? "?"}`;
  });
  return `${lines.join("\n")}\n`;
}
