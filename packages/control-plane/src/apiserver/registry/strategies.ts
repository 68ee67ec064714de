import type { Service } from "@drydock/machinery";
import { definitionStrategy } from "../custom-resources/definition-strategy.ts";
import { releaseAddress } from "../services/addresses.ts";
import { namespaceStrategy } from "./namespace-strategy.ts";
import { podStrategy } from "./pod-strategy.ts";
import type { Resource } from "./resource.ts";
import { signingRequestStrategy } from "./signing-request-strategy.ts";
import type { Strategy } from "./strategy.ts";

const strategies: Record<string, Strategy> = {
  "/pods": podStrategy,
  "/namespaces": namespaceStrategy,
  "/services": { removed: (registry, object) => releaseAddress(registry, object as Service) },
  "apiextensions.k8s.io/customresourcedefinitions": definitionStrategy,
  "certificates.k8s.io/certificatesigningrequests": signingRequestStrategy,
  // An agent registers its Node together with what it knows of it.
  "/nodes": { keepsStatusOnCreate: true },
};

export function strategyOf({ kind }: Pick<Resource, "kind">): Strategy {
  return strategies[`${kind.group}/${kind.plural}`] ?? {};
}
