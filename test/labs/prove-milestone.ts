import type { Lab } from "@drydock/labs";
import t from "tap";
import { labsFor, leftCgroups, proveLab } from "./prove.ts";

/** All proofs of a file; emulated or busy machines take their time. */
const FILE_MS = 900_000;
const LAB_MS = 300_000;

/** The whole proof of all labs takes ten minutes: CI does it, and who works on a lab for that one. */
const short = process.env.CI === undefined && process.env.LABS === undefined;

/**
 * The labs of one milestone whose needs this machine meets, proved one after the other: the test runner has two files under way at a time. LABS=id,id in the
 * environment proves those alone. Without it, and without CI, the proof is short: that the start fails and the solution passes.
 */
export async function proveMilestone(number: string): Promise<void> {
  const only = process.env.LABS?.split(",");
  const labs = (await labsFor({ vm: false })).filter(
    (lab) => lab.milestone.startsWith(`${number}-`) && (only?.includes(lab.id) ?? true),
  );
  if (labs.length === 0) t.pass(`milestone ${number} has no lab that this machine could prove`);
  await proveLabs(labs);
}

/** For the lab VM: those that the host could not prove. */
export async function proveLabsThatNeed(need: string): Promise<void> {
  await proveLabs((await labsFor({ vm: false })).filter(({ needs }) => needs.includes(need)));
}

async function proveLabs(labs: readonly Lab[]): Promise<void> {
  t.setTimeout(FILE_MS);
  if (short) t.comment("short: wrong solutions and the guides' commands are proved with CI=true, or with LABS=id");
  for (const lab of labs) {
    await t.test(`${lab.number} ${lab.id}`, { timeout: LAB_MS }, (t) => proveLab(t, lab, { vm: false, short }));
  }
  t.same(leftCgroups(), [], "no cgroup is left");
}
