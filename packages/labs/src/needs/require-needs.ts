import type { Lab } from "../catalog/lab.ts";
import { labError } from "../errors.ts";
import { missingNeeds } from "./needs.ts";

/** Throws LAB_NEEDS with the command that gets the first thing that is missing. */
export async function requireNeeds(lab: Lab, options: { vm?: boolean } = {}): Promise<void> {
  const missing = await missingNeeds(lab.needs, options);
  const [first] = missing;
  if (!first) return;
  const allInVm = missing.every(({ inVm }) => inVm);
  throw labError("LAB_NEEDS", `${lab.id} needs ${missing.map(({ what }) => what).join("; and ")}`, {
    details: { missing },
    hint: allInVm ? `run it in the lab VM: add --vm` : missing.map(({ get }) => get).join(" ; "),
  });
}
