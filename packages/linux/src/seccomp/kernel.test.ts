import fc from "fast-check";
import t from "tap";
import { chooseExecutor } from "../executor/choose.ts";
import { memory, named } from "../program/operands.ts";
import type { Step, SyscallProgram } from "../program/program.ts";
import { conventions, nativeConvention } from "./architectures.ts";
import { compileFilter } from "./compile-filter.ts";
import { evaluate } from "./fixtures/evaluate.ts";
import { type SeccompProfile, seccompActions, seccompOperators } from "./profile.ts";

/** The compiler held to the kernel itself: a process installs a filter, makes calls, and tells what each gave. */
t.setTimeout(120_000);

const arch = process.arch === "arm64" ? "arm64" : "x64";
/** Calls that fail with EBADF when they are let through, since the first argument is no descriptor. */
const names = ["lseek", "fchmod", "fcntl", "fchown"] as const;
const EBADF = 9;
/** Errnos that nothing but a filter gives. */
const firstErrno = 1000;

const interesting = [0, 1, 2, 0x80000000, 0xffffffff, 2 ** 32, 2 ** 32 + 1, 2 ** 33, 2 ** 40 + 5];
const value = fc.constantFrom(...interesting);
const condition = fc.record({
  index: fc.integer({ min: 1, max: 2 }),
  value,
  valueTwo: value,
  op: fc.constantFrom(...seccompOperators),
});
const profiles = fc
  .array(
    fc.record({
      names: fc.subarray([...names], { minLength: 1 }),
      args: fc.array(condition, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map(
    (rules): SeccompProfile => ({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: rules.map((rule, index) => ({ ...rule, action: "SCMP_ACT_ERRNO", errnoRet: firstErrno + index })),
    }),
  );
const argument = fc.oneof(value.map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const calls = fc.array(fc.record({ name: fc.constantFrom(...names), args: fc.tuple(argument, argument) }), {
  minLength: 40,
  maxLength: 40,
});

t.test("random conditions: the kernel answers what the profile says", async (t) => {
  const convention = conventions[nativeConvention(arch)];
  if (!convention) throw new Error(arch);
  const noDescriptor = 0xffffffffn;
  await fc.assert(
    fc.asyncProperty(profiles, calls, async (profile, made) => {
      const filter = compileFilter(profile, { arch });
      const fprog = Buffer.alloc(16);
      fprog.writeUInt16LE(filter.instructions.length);
      const program: SyscallProgram = {
        name: "main",
        memory: { fprog: { bytes: fprog, addresses: [{ offset: 8, of: filter.bytes }] } },
        steps: [
          { name: "prctl", args: [named("PR_SET_NO_NEW_PRIVS", 38), 1, 0, 0, 0], why: "to be allowed a filter" },
          { name: "seccomp", args: [1, filter.flags, memory("fprog")], why: "the filter" },
          ...made.map(
            ({ name, args }, index): Step => ({
              name,
              args: [noDescriptor, ...args],
              why: "a call",
              result: `call ${index}`,
              onError: { ignore: "any" },
            }),
          ),
          { name: "close", args: [noDescriptor], why: "a failure reports all results" },
        ],
      };
      const { failure, crash } = await chooseExecutor().launch(program);
      if (failure?.failed.step.name !== "close") throw new Error(crash ?? `ended at ${failure?.failed.step.name}`);
      for (const [index, { name, args }] of made.entries()) {
        const answer = evaluate(profile, convention, convention.numbers().get(name) ?? -1, [
          noDescriptor,
          ...args,
          0n,
          0n,
          0n,
        ]);
        const expected = answer === seccompActions.SCMP_ACT_ALLOW ? EBADF : answer - seccompActions.SCMP_ACT_ERRNO;
        const given = -(failure?.results.get(`call ${index}`) ?? 0);
        if (given !== expected) throw new Error(`${name}(-1, ${args.join(", ")}) gave ${given}, not ${expected}`);
      }
    }),
    { numRuns: 20 },
  );
  t.pass();
});
