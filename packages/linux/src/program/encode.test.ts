import t from "tap";
import { encodeProgram } from "./encode.ts";
import { inherited, memory, resultOf } from "./operands.ts";
import type { Step, SyscallProgram } from "./program.ts";

const options = { arch: "x64", inherit: { report: 3 } } as const;
const exit: Step = { name: "exit_group", args: [0], why: "" };
const encode = (steps: Step[], more: Partial<SyscallProgram> = {}) =>
  encodeProgram({ name: "p", steps, ...more }, options);

t.test("refers only to what is there", async (t) => {
  const bad: [Step[], RegExp][] = [
    [[], /has no steps/],
    [[{ name: "close", args: [resultOf("nothing")], why: "" }], /uses the result nothing/],
    [[{ name: "close", args: [memory("nothing")], why: "" }], /uses the memory nothing/],
    [[{ name: "close", args: [inherited("nothing")], why: "" }], /inherits nothing/],
    [[{ name: "jump", args: [], why: "", onError: { jump: "nowhere", when: "any" } }], /jumps to nowhere/],
    [
      [
        { name: "jump", args: [], why: "", onError: { jump: "end", when: "any" } },
        { name: "label", label: "end", args: [], why: "" },
      ],
      /nothing after the label/,
    ],
    [[{ name: "close", args: ["a\0b"], why: "" }], /contains a NUL/],
    [
      [
        { name: "mount", args: [1, 2, 3, 4, 5, 6], why: "", onError: { jump: "x", when: "any" } },
        { name: "label", label: "x", args: [], why: "" },
        exit,
      ],
      /too many arguments/,
    ],
  ];
  for (const [steps, message] of bad) t.throws(() => encode(steps), { code: "LINUX_BAD_PROGRAM", message });
  t.throws(
    () =>
      encode([{ ...exit, child: { name: "c", steps: [exit], memory: { m: { bytes: 8 } } } }], {
        memory: { m: { bytes: 8 } },
      }),
    {
      message: /defined twice/,
    },
  );
});

t.test("is an executable with its data on a page of its own", async (t) => {
  const { image, steps } = encode([{ name: "close", args: [1], why: "" }, exit]);
  t.equal(image.toString("latin1", 1, 4), "ELF");
  t.equal(image.readUInt16LE(18), 62, "x86-64");
  t.equal(image.readBigUInt64LE(24), 0x10_0000_00e8n, "starts behind the headers");
  t.equal(steps.length, 2);
  t.equal(encodeProgram({ name: "p", steps: [exit] }, { ...options, arch: "arm64" }).image.readUInt16LE(18), 183);
});

t.test("numbers are those of the architecture", async (t) => {
  const numbers = (["x64", "arm64"] as const).map((arch) => {
    const { image, stepAt } = encodeProgram({ name: "p", steps: [exit] }, { ...options, arch });
    const [address = 0] = stepAt.keys();
    return image.readUInt16LE(address - 0x10_0000_0000);
  });
  t.strictSame(numbers, [231, 94]);
});

t.test("grows with what is put into it", async (t) => {
  const steps = Array.from(
    { length: 500 },
    (_, index): Step => ({ name: "close", args: [`${index}-${"x".repeat(100)}`], why: "" }),
  );
  const { image } = encode([...steps, exit]);
  t.ok(image.includes(`499-${"x".repeat(100)}\0`));
});
