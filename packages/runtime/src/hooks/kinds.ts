import type { HookKind, Hooks } from "../types.ts";

/** In the order in which they run while the container is made, before pivot_root. */
export const beforePivot = ["prestart", "createRuntime", "createContainer"] as const satisfies readonly HookKind[];

/** All, in the order of a container's life. */
export const hookKinds = [
  ...beforePivot,
  "startContainer",
  "poststart",
  "poststop",
] as const satisfies readonly HookKind[];

/** Kinds whose programs run inside of the container's namespaces; the others run where the runtime does. */
export const insideContainer: ReadonlySet<HookKind> = new Set(["createContainer", "startContainer"]);

/** True when something has to happen between the container's steps, or right after its start. */
export function needsGates(hooks: Hooks | undefined): boolean {
  return hookKinds.some((kind) => kind !== "poststop" && hooks?.[kind]?.length);
}
