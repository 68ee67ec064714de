import { type CallingConvention, multiplexed } from "./architectures.ts";
import { returnValue, type SeccompArgument, type SeccompProfile } from "./profile.ts";

/** What a profile says about the calls of one architecture, before it is turned into instructions. */
export interface Decisions {
  byNumber: Map<number, Decision>;
  /** For numbers that no rule is about. */
  other: number;
  /** For numbers above all those that the profile names; see newCalls. */
  above: number;
  /** The highest number that the profile names, without the architecture's bit; -1 when it names none. */
  highest: number;
}

/** The first alternative whose conditions all hold decides, else `otherwise`. */
export interface Decision {
  alternatives: { conditions: SeccompArgument[]; value: number }[];
  otherwise: number;
}

const ENOSYS = 38;

/**
 * Where rules about one call overlap, those with conditions come first, in the order of the profile, and then the first
 * without: a rule about certain arguments is an exception from the rule about the call.
 */
export function decideCalls(profile: SeccompProfile, convention: CallingConvention): Decisions {
  const numbers = convention.numbers();
  const other = returnValue(profile.defaultAction, profile.defaultErrnoRet);
  const byNumber = new Map<number, Decision & { decided: boolean }>();
  let highest = -1;
  const of = (name: string): (Decision & { decided: boolean }) | undefined => {
    const number = numbers.get(name);
    if (number === undefined) return undefined;
    highest = Math.max(highest, number);
    const decision = byNumber.get(number) ?? { alternatives: [], otherwise: other, decided: false };
    byNumber.set(number, decision);
    return decision;
  };
  for (const { names, action, errnoRet, args = [] } of profile.syscalls ?? []) {
    const value = returnValue(action, errnoRet);
    for (const name of names) {
      const decision = of(name);
      if (args.length > 0) {
        for (const conditions of alternativesOf(args)) decision?.alternatives.push({ conditions, value });
        continue;
      }
      if (decision && !decision.decided) {
        decision.otherwise = value;
        decision.decided = true;
      }
      const within = multiplexed().get(name);
      if (within && numbers.has(within.call)) {
        const first: SeccompArgument = { index: 0, op: "SCMP_CMP_EQ", value: within.first };
        of(within.call)?.alternatives.push({ conditions: [first], value });
      }
    }
  }
  const above = newCalls(profile, highest >= 0) ? returnValue("SCMP_ACT_ERRNO", ENOSYS) : other;
  return { byNumber, other, above, highest };
}

/** Two conditions about one argument could hardly hold together: runc has always taken them as alternatives. */
function alternativesOf(args: readonly SeccompArgument[]): SeccompArgument[][] {
  const twice = new Set(args.map(({ index }) => index)).size < args.length;
  return twice ? args.map((one) => [one]) : [[...args]];
}

/**
 * Calls that are newer than a profile are answered with ENOSYS, unless it lets through what it does not name: a libc that
 * tries a new call first falls back to the old one then, and EPERM would break it. As runc does.
 */
function newCalls({ defaultAction, defaultErrnoRet }: SeccompProfile, namesAny: boolean): boolean {
  const lets = ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"].includes(defaultAction);
  return namesAny && !lets && !(defaultAction === "SCMP_ACT_ERRNO" && defaultErrnoRet === ENOSYS);
}
