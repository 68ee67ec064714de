import { allCapabilityNames, defaultCapabilityNames } from "@drydock/runtime";

/** The names of a container's capabilities: the default set, less `drop`, plus `add`; names with or without CAP_, ALL for every one. As in CRI, adding wins over dropping unless ALL is added. */
export function capabilitiesOf(add: readonly string[], drop: readonly string[]): string[] {
  const adds = new Set(add.map(fullName));
  const drops = new Set(drop.map(fullName));
  const set = new Set(drops.has("CAP_ALL") ? [] : adds.has("CAP_ALL") ? allCapabilityNames : defaultCapabilityNames);
  for (const name of drops) set.delete(name);
  for (const name of adds) if (name !== "CAP_ALL") set.add(name);
  return [...set].sort();
}

function fullName(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}
