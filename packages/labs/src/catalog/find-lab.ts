import { nearestName } from "@drydock/kit";
import { labError } from "../errors.ts";
import type { Lab } from "./lab.ts";

/** The lab called `name`: its id, its number (`02.1`, also `2.1` or `02/01`), or the start of one id alone. Throws LAB_UNKNOWN with what is near. Pure. */
export function findLab(labs: readonly Lab[], name: string): Lab {
  const exact = labs.find(({ id }) => id === name);
  if (exact) return exact;
  const number = /^(\d{1,2})[./-](\d{1,2})$/.exec(name);
  const wanted = number && `${(number[1] as string).padStart(2, "0")}.${Number(number[2])}`;
  const byNumber = labs.find((lab) => lab.number === wanted);
  if (byNumber) return byNumber;
  const starting = labs.filter(({ id }) => id.startsWith(name));
  const [only] = starting;
  if (only && starting.length === 1) return only;
  const near = nearestName(
    name,
    labs.map(({ id }) => id),
  );
  const meant = starting.length > 1 ? starting.map(({ id }) => id) : near ? [near] : [];
  throw labError("LAB_UNKNOWN", `there is no lab called "${name}"`, {
    hint: `${meant.length > 0 ? `did you mean ${meant.join(" or ")}? ` : ""}drydock lab list shows all`,
    details: { near: meant },
  });
}
