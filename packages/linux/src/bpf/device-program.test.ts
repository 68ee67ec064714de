import fc from "fast-check";
import t from "tap";
import { allowsEverything, deviceProgram, printDeviceProgram } from "./device-program.ts";
import { type DeviceRule, defaultDeviceRules, deviceAccess, deviceLines, deviceTypes } from "./device-rules.ts";
import { type ExtendedInstruction, extendedCodes } from "./extended.ts";

interface Use {
  type: "b" | "c";
  major: number;
  minor: number;
  access: string;
}

/** Runs a program as the kernel would on struct bpf_cgroup_dev_ctx. */
function run(program: readonly ExtendedInstruction[], use: Use): boolean {
  const access = [...use.access].reduce((bits, letter) => bits | deviceAccess[letter as "r"], 0);
  const context = [(access << 16) | deviceTypes[use.type], use.major, use.minor];
  const registers = new Uint32Array(11);
  for (let at = 0; ; ) {
    const one = program[at];
    if (!one) throw new Error(`the program runs off its end at ${at}`);
    const { code, destination: d, source = 0, offset = 0, immediate = 0 } = one;
    const value = registers[d] ?? 0;
    at++;
    if (code === extendedCodes.exit) return registers[0] === 1;
    if (code === extendedCodes.loadWord) registers[d] = context[offset / 4] ?? 0;
    else if (code === extendedCodes.set) registers[d] = immediate;
    else if (code === extendedCodes.copy) registers[d] = registers[source] ?? 0;
    else if (code === extendedCodes.and) registers[d] = value & immediate;
    else if (code === extendedCodes.shiftRight) registers[d] = value >>> immediate;
    else if (code === extendedCodes.jumpEqual ? value === immediate : false) at += offset;
    else if (code === extendedCodes.jumpNotEqual ? value !== immediate : false) at += offset;
    else if (code === extendedCodes.jumpSet ? (value & immediate) !== 0 : false) at += offset;
  }
}

/** Each kind of access on its own: the last rule about it decides. */
function allowed(rules: readonly DeviceRule[], use: Use): boolean {
  const about = ({ type = "a", major = -1, minor = -1, access }: DeviceRule, letter: string): boolean =>
    (type === "a" || type === use.type) &&
    (major === -1 || major === use.major) &&
    (minor === -1 || minor === use.minor) &&
    (access || "rwm").includes(letter);
  return [...use.access].every((letter) => rules.findLast((rule) => about(rule, letter))?.allow ?? false);
}

t.test("what runc spec writes, and what every container may use", async (t) => {
  const program = deviceProgram([{ allow: false, access: "rwm" }, ...defaultDeviceRules]);
  const may = (type: "b" | "c", major: number, minor: number, access: string): boolean =>
    run(program, { type, major, minor, access });
  t.ok(may("c", 1, 3, "rw"), "/dev/null");
  t.ok(may("c", 136, 7, "rw"), "a terminal");
  t.ok(may("b", 8, 0, "m"), "a device file of a disk can be made");
  t.notOk(may("b", 8, 0, "r"), "but the disk cannot be read");
  t.notOk(may("c", 1, 1, "r"), "/dev/mem");
  t.notOk(may("c", 10, 200, "w"), "/dev/net/tun");
});

t.test("a later rule is an exception from an earlier one", async (t) => {
  const rules: DeviceRule[] = [
    { allow: true, type: "a" },
    { allow: false, type: "b", major: 8 },
    { allow: true, type: "b", major: 8, minor: 1, access: "r" },
  ];
  const program = deviceProgram(rules);
  t.ok(run(program, { type: "b", major: 8, minor: 1, access: "r" }));
  t.notOk(run(program, { type: "b", major: 8, minor: 1, access: "rw" }), "reading and writing");
  t.ok(run(program, { type: "c", major: 1, minor: 1, access: "rw" }));
  t.equal(
    printDeviceProgram(program),
    `\
 0  type = word 0 of the context
 1  access = type
 2  access >>= 16
 3  type &= 65535
 4  major = word 1 of the context
 5  minor = word 2 of the context
 6  if type != 1 go to 11
 7  if major != 8 go to 11
 8  if minor != 1 go to 11
 9  access &= ~2
10  if access == 0 go to 14
11  if type != 1 go to 14
12  if major != 8 go to 14
13  if access & 7 go to 16
14  result = allow
15  exit
16  result = deny
17  exit
`,
  );
});

t.test("rules that let everything through", async (t) => {
  t.equal(allowsEverything([{ allow: true }, ...defaultDeviceRules]), true);
  t.equal(allowsEverything([{ allow: true }, { allow: false, type: "b" }]), false);
  t.equal(allowsEverything([...defaultDeviceRules]), false);
  t.equal(allowsEverything([{ allow: true, type: "b" }]), false);
});

t.test("as lines of cgroup v1", async (t) => {
  t.strictSame(
    [{ allow: false }, ...defaultDeviceRules.slice(0, 3), { allow: true, access: "r" }].flatMap(deviceLines),
    ["a", "c *:* m", "b *:* m", "c 1:3 mrw", "b *:* r", "c *:* r"],
  );
});

t.test("random rules: the program answers what they say", async (t) => {
  const number = fc.integer({ min: 0, max: 3 });
  const any = fc.oneof(number, fc.constant(-1));
  const letters = fc.subarray(["r", "w", "m"]).map((list) => list.join(""));
  const rule = fc.record(
    { allow: fc.boolean(), type: fc.constantFrom("a", "b", "c"), major: any, minor: any, access: letters },
    { requiredKeys: ["allow"] },
  ) as fc.Arbitrary<DeviceRule>;
  const use = fc.record({
    type: fc.constantFrom("b", "c"),
    major: number,
    minor: number,
    access: letters.filter((text) => text !== ""),
  }) as fc.Arbitrary<Use>;
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 8 }), fc.array(use, { minLength: 20, maxLength: 20 }), (rules, uses) => {
      const program = deviceProgram(rules);
      return uses.every((one) => run(program, one) === allowed(rules, one));
    }),
    { numRuns: 500 },
  );
  t.pass();
});
