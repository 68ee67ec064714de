import type { Namespace } from "@drydock/machinery";
import { ageOf } from "../output/age.ts";
import type { Explanation } from "./explanation.ts";

/** Why a namespace is still there, by what its controller has written into its conditions. Pure. */
export function whyNamespace(namespace: Namespace, now: number): Explanation {
  const { name, deletionTimestamp } = namespace.metadata;
  const subject = `namespace/${name}`;
  if (deletionTimestamp === undefined)
    return { subject, verdict: "it is in use: nobody has deleted it.", because: [], next: [] };
  const conditions = (namespace.status?.conditions ?? []).filter(({ status }) => status === "True");
  const because = conditions.flatMap(({ message }) => message ?? []);
  const verdict = `it is being deleted for ${ageOf(deletionTimestamp, now)}, and goes when it is empty.`;
  if (because.length === 0)
    return { subject, verdict, because, next: ["drydock status shows whether the controllers run"] };
  const resources = because.flatMap((text) =>
    [...text.matchAll(/([a-z]+)\.\S* has \d+ resource/g)].map(([, one]) => one),
  );
  return {
    subject,
    verdict,
    because,
    next: [
      ...(resources.length > 0
        ? [`drydock get ${resources.join(",")} -n ${name} -o yaml shows whose finalizers they have`]
        : []),
      "whoever set a finalizer takes it away when its work is done; of one that is gone for good somebody has to do the work first",
    ],
  };
}
