import { resolveResource, resolveResources } from "../api/resolve.ts";
import type { ApiResource } from "../api/resource.ts";
import { failure } from "../errors.ts";

/** What a command line names: a resource, and one object of it or (without a name) all. */
export interface Target {
  type: ApiResource;
  name?: string;
}

/** Reads `KIND[,KIND…] [NAME…]` and `KIND/NAME…` as kubectl does. */
export function targetsOf(kinds: string, names: readonly string[], resources: readonly ApiResource[]): Target[] {
  if (kinds.includes("/")) {
    return [kinds, ...names].map((word) => {
      const [kind = "", name = "", ...more] = word.split("/");
      if (kind === "" || name === "" || more.length > 0) {
        throw failure("CLI_USAGE", `"${word}" is not of the form KIND/NAME`);
      }
      return { type: resolveResource(kind, resources), name };
    });
  }
  const mixed = names.find((name) => name.includes("/"));
  if (mixed !== undefined) {
    throw failure("CLI_USAGE", `"${kinds}" and "${mixed}" do not go together`, {
      hint: "write KIND NAME… or KIND/NAME KIND/NAME…",
    });
  }
  const types = resolveResources(kinds, resources);
  if (names.length === 0) return types.map((type) => ({ type }));
  return types.flatMap((type) => names.map((name) => ({ type, name })));
}

/** As `targetsOf`, for commands that work on single objects: a name is needed. */
export function namedTargetsOf(
  kinds: string,
  names: readonly string[],
  resources: readonly ApiResource[],
): Required<Target>[] {
  return targetsOf(kinds, names, resources).map(({ type, name }) => {
    if (name === undefined) {
      throw failure("CLI_USAGE", `the name of the ${type.singular} is missing`, {
        hint: `write ${type.singular}/NAME; drydock get ${type.plural} lists them`,
      });
    }
    return { type, name };
  });
}
