import fc from "fast-check";
import t from "tap";
import { arm64Numbers } from "../syscalls/arm64.ts";
import { x86_64Numbers } from "../syscalls/x86-64.ts";
import { conventions } from "./architectures.ts";
import { cachedFilter } from "./cached-filter.ts";
import { compileFilter, type SeccompFilter } from "./compile-filter.ts";
import { defaultSeccompProfile } from "./default-profile.ts";
import { evaluate } from "./fixtures/evaluate.ts";
import { runClassic } from "./fixtures/run-classic.ts";
import { printFilter } from "./print-filter.ts";
import { describeReturn, type SeccompProfile, seccompActions, seccompOperators } from "./profile.ts";

const allow = seccompActions.SCMP_ACT_ALLOW;
const errno = (number: number): number => seccompActions.SCMP_ACT_ERRNO + number;

/** The answer to a call of x86-64, or of the convention named. */
function ask(filter: SeccompFilter, name: string | number, args: (number | bigint)[] = [], arch = "SCMP_ARCH_X86_64") {
  const convention = conventions[arch];
  if (!convention) throw new Error(arch);
  const number = typeof name === "number" ? name : convention.numbers().get(name);
  if (number === undefined) throw new Error(name as string);
  const six = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt);
  return describeReturn(
    runClassic(filter.bytes, { audit: convention.audit, number: number + convention.numberBit, args: six }),
  );
}

t.test("tables say the same as those of the syscall programs", async (t) => {
  for (const [arch, table] of [
    ["SCMP_ARCH_X86_64", x86_64Numbers],
    ["SCMP_ARCH_AARCH64", arm64Numbers],
  ] as const) {
    const numbers = conventions[arch]?.numbers();
    for (const [name, number] of Object.entries(table)) t.equal(numbers?.get(name), number, `${arch} ${name}`);
  }
  const x32 = conventions.SCMP_ARCH_X32?.numbers();
  t.strictSame(
    [x32?.get("read"), x32?.get("ioctl"), x32?.get("pwritev2"), x32?.get("uselib")],
    [0, 514, 547, undefined],
  );
  const i386 = conventions.SCMP_ARCH_X86?.numbers();
  t.strictSame([i386?.get("socketcall"), i386?.get("clock_gettime64"), i386?.get("mseal")], [102, 403, 462]);
});

t.test("Docker's default profile", async (t) => {
  const profile = defaultSeccompProfile(["CAP_SYS_CHROOT"], "x64");
  const filter = compileFilter(profile, { arch: "x64" });
  t.strictSame(
    ["read", "openat", "execve", "chroot", "ptrace"].map((name) => ask(filter, name)),
    ["allow", "allow", "allow", "allow", "allow"],
  );
  t.strictSame(
    ["mount", "unshare", "setns", "keyctl", "bpf", "userfaultfd", "io_uring_setup", "kexec_load"].map((name) =>
      ask(filter, name),
    ),
    Array(8).fill("errno 1"),
  );
  t.equal(ask(filter, "clone3"), "errno 38");
  t.equal(ask(filter, "clone", [0x11]), "allow");
  t.equal(ask(filter, "clone", [0x10000000]), "errno 1", "CLONE_NEWUSER");
  t.strictSame(
    [37, 38, 39, 40, 41].map((af) => ask(filter, "socket", [af])),
    ["allow", "errno 1", "allow", "errno 1", "allow"],
  );
  t.strictSame(
    [0, 8, 0x40000, 0xffffffff].map((p) => ask(filter, "personality", [p])),
    ["allow", "allow", "errno 1", "allow"],
  );
  t.equal(ask(filter, 1000), "errno 38", "a call of a kernel to come does not exist");
  for (const arch of ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]) {
    t.equal(ask(filter, "ioctl", [], arch), "allow");
    t.equal(ask(filter, "mount", [], arch), "errno 1");
  }
  t.equal(ask(filter, "read", [], "SCMP_ARCH_AARCH64"), "kill_thread");
  const admin = compileFilter(defaultSeccompProfile(["CAP_SYS_ADMIN"], "x64"), { arch: "x64" });
  t.strictSame(
    ["mount", "clone3"].map((name) => ask(admin, name)),
    ["allow", "allow"],
  );
  t.ok(filter.instructions.length < 400, `${filter.instructions.length} instructions`);
  t.strictSame(filter.unknownCalls, ["riscv_hwprobe", "recv", "send"]);
  t.equal(
    ask(compileFilter(defaultSeccompProfile([], "arm64"), { arch: "arm64" }), "openat", [], "SCMP_ARCH_AARCH64"),
    "allow",
  );
});

t.test("an architecture that the profile does not name ends the thread", async (t) => {
  const filter = compileFilter({ defaultAction: "SCMP_ACT_ALLOW" }, { arch: "x64" });
  t.equal(ask(filter, "read"), "allow");
  t.equal(ask(filter, "read", [], "SCMP_ARCH_X32"), "kill_thread");
  t.equal(ask(filter, "read", [], "SCMP_ARCH_X86"), "kill_thread");
  t.strictSame(filter.architectures, ["SCMP_ARCH_X86_64"]);
});

t.test("a refused socket is refused through socketcall, too", async (t) => {
  const profile: SeccompProfile = {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86"],
    syscalls: [{ names: ["socket", "shmget"], action: "SCMP_ACT_ERRNO", errnoRet: 97 }],
  };
  const filter = compileFilter(profile, { arch: "x64" });
  t.strictSame(
    [1, 2].map((first) => ask(filter, "socketcall", [first], "SCMP_ARCH_X86")),
    ["errno 97", "allow"],
  );
  t.equal(ask(filter, "ipc", [23], "SCMP_ARCH_X86"), "errno 97");
});

t.test("a name that nothing has is passed over, or refused", async (t) => {
  const profile: SeccompProfile = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["nonsense", "read"], action: "SCMP_ACT_KILL_PROCESS" }],
  };
  const filter = compileFilter(profile, { arch: "x64" });
  t.strictSame(filter.unknownCalls, ["nonsense"]);
  t.equal(ask(filter, "read"), "kill_process");
  t.throws(() => compileFilter(profile, { arch: "x64", unknownCalls: "refuse" }), {
    code: "LINUX_BAD_SECCOMP",
    message: /nonsense/,
  });
});

t.test("too many rules are refused in words", async (t) => {
  const args = (value: number) => [{ index: 0, op: "SCMP_CMP_EQ", value } as const];
  const syscalls = Array.from({ length: 2000 }, (_, value) => ({
    names: ["read"],
    action: "SCMP_ACT_ERRNO" as const,
    args: args(value),
  }));
  t.throws(() => compileFilter({ defaultAction: "SCMP_ACT_ALLOW", syscalls }, { arch: "x64" }), {
    code: "LINUX_BAD_SECCOMP",
    message: /the kernel takes 4096/,
  });
});

t.test("a profile is compiled once", async (t) => {
  const profile = defaultSeccompProfile([], "x64");
  const first = cachedFilter(profile, { arch: "x64" });
  t.equal(cachedFilter(profile, { arch: "x64" }), first, "the same object");
  t.equal(cachedFilter(defaultSeccompProfile([], "x64"), { arch: "x64" }), first, "the same content");
  t.not(cachedFilter(defaultSeccompProfile(["CAP_BPF"], "x64"), { arch: "x64" }), first);
});

t.test("a listing reads like a program", async (t) => {
  const profile: SeccompProfile = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      {
        names: ["mkdir"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: 13,
        args: [{ index: 1, op: "SCMP_CMP_MASKED_EQ", value: 0o2000, valueTwo: 0o2000 }],
      },
    ],
  };
  t.equal(
    printFilter(compileFilter(profile, { arch: "x64" })),
    `\
 0  load arch
 1  if arch == 0xc000003e (x86-64) go to 2, else to 11 (kill_thread)
 2  load number
 3  if number >= 84 (rmdir) go to 9, else to 4
 4  if number >= 83 (mkdir) go to 5, else to 10 (allow)
 5  load low half of argument 1
 6  and 0x400
 7  if low half of argument 1 & 0x400 == 0x400 go to 8 (errno 13), else to 10 (allow)
 8  return errno 13
 9  if number >= 1073741824 (x32 read) go to 11 (kill_thread), else to 10 (allow)
10  return allow
11  return kill_thread
`,
  );
});

const names = [
  "read",
  "write",
  "openat",
  "clone",
  "socket",
  "bind",
  "shmget",
  "ioctl",
  "personality",
  "mseal",
  "bogus",
];
const edges = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER];
const number = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 20 }));
const action = fc.constantFrom(...(Object.keys(seccompActions) as (keyof typeof seccompActions)[]));
const errnoRet = fc.option(fc.integer({ min: 0, max: 4095 }), { nil: undefined });
const condition = fc.record({
  index: fc.integer({ min: 0, max: 5 }),
  value: number,
  valueTwo: number,
  op: fc.constantFrom(...seccompOperators),
});
const rule = fc.record({
  names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
  action,
  errnoRet,
  args: fc.array(condition, { maxLength: 3 }),
});
const profiles = fc.record({
  defaultAction: action,
  defaultErrnoRet: errnoRet,
  architectures: fc.subarray(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"]),
  syscalls: fc.array(rule, { maxLength: 12 }),
}) as fc.Arbitrary<SeccompProfile>;
const argument = fc.oneof(number.map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const calls = fc.array(
  fc.record({
    arch: fc.constantFrom("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"),
    name: fc.oneof(fc.constantFrom(...names, "socketcall", "ipc"), fc.integer({ min: 0, max: 600 })),
    args: fc.array(argument, { minLength: 6, maxLength: 6 }),
  }),
  { minLength: 20, maxLength: 20 },
);

t.test("random profiles: the program answers what the profile says", async (t) => {
  fc.assert(
    fc.property(profiles, calls, (profile, asked) => {
      const filter = compileFilter(profile, { arch: "x64" });
      for (const { arch, name, args } of asked) {
        const convention = conventions[arch];
        if (!convention) throw new Error(arch);
        const call = typeof name === "number" ? name : (convention.numbers().get(name) ?? 0);
        const expected = expectedAnswer(profile, filter, arch, call, args);
        const given = runClassic(filter.bytes, { audit: convention.audit, number: call + convention.numberBit, args });
        if (given !== expected) {
          throw new Error(`${arch} ${name}(${args}): ${describeReturn(given)}, not ${describeReturn(expected)}`);
        }
      }
    }),
    { numRuns: 400 },
  );
  t.pass();
});

function expectedAnswer(
  profile: SeccompProfile,
  filter: SeccompFilter,
  arch: string,
  call: number,
  args: readonly bigint[],
): number {
  const convention = conventions[arch];
  const native = conventions.SCMP_ARCH_X86_64;
  if (!convention || !native) throw new Error(arch);
  if (filter.architectures.includes(arch)) return evaluate(profile, convention, call, args);
  if (arch !== "SCMP_ARCH_X32") return seccompActions.SCMP_ACT_KILL_THREAD;
  // To a filter without x32 its numbers are x86-64 numbers far above all others: new, unless the profile lets new ones through.
  const asNew = evaluate(profile, native, 100_000, args);
  const other = evaluate({ ...profile, syscalls: [] }, native, 0, args);
  return asNew === other ? seccompActions.SCMP_ACT_KILL_THREAD : asNew;
}

t.test("answers carry their number", async (t) => {
  t.strictSame([allow, errno(38), seccompActions.SCMP_ACT_TRACE + 1].map(describeReturn), [
    "allow",
    "errno 38",
    "trace 1",
  ]);
});
