import type { SyscallProgram } from "@drydock/linux";
import t from "tap";
import { diffPlans } from "./diff-plans.ts";

function program(...hosts: string[]): SyscallProgram {
  const steps = hosts.map(
    (host) => ({ name: "sethostname", args: [host, host.length], why: `named ${host}` }) as const,
  );
  return { name: "box", steps };
}

t.test("only what differs, each with the number of its own plan", async (t) => {
  t.equal(
    diffPlans(program("a", "b", "c", "d"), program("a", "x", "c", "d", "e")),
    [
      '-    2  box: sethostname("b", 1)  # named b',
      '+    2  box: sethostname("x", 1)  # named x',
      '+    5  box: sethostname("e", 1)  # named e',
      "4 steps before, 5 after",
    ].join("\n"),
  );
});

t.test("a step in the middle does not make the rest differ", async (t) => {
  t.equal(
    diffPlans(program("a", "b"), program("a", "n", "b")),
    '+    2  box: sethostname("n", 1)  # named n\n2 steps before, 3 after',
  );
  t.equal(diffPlans(program("a"), program("a")), "the plans are the same: 1 steps");
  t.equal(diffPlans(program(), program("a")), '+    1  box: sethostname("a", 1)  # named a\n0 steps before, 1 after');
});
