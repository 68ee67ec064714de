import {
  compareQuantities,
  formatBytes,
  formatMilli,
  LimitRange,
  type LimitRangeItem,
  milliOf,
  Pod,
  wholeOf,
} from "@drydock/machinery";
import { collectionPrefix } from "../registry/resource.ts";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/** Containers that state no resources get the namespace's; what is stated must be within its limits (plugin/pkg/admission/limitranger). */
export const limitRanges: AdmissionStage = {
  name: "limit-ranges",
  what: "pods get the namespace's default resources, and keep within its limits",
  mutate(request: AdmissionRequest): void {
    for (const item of itemsFor(request)) if (item.type === "Container") fillIn((request.object as Pod).spec, item);
  },
  validate(request: AdmissionRequest): void {
    const { spec } = (request.object ?? {}) as Pod;
    const problems = itemsFor(request).flatMap((item) =>
      item.type === "Pod"
        ? problemsOf(item, totalOf(spec, "requests"), totalOf(spec, "limits"))
        : spec.containers.flatMap(({ resources }) =>
            problemsOf(item, resources?.requests ?? {}, resources?.limits ?? {}),
          ),
    );
    if (problems.length === 0) return;
    throw forbidden(
      request.resource.kind,
      request.name,
      problems.length === 1 ? (problems[0] as string) : `[${problems.join(", ")}]`,
    );
  },
};

type Amounts = Record<string, string | undefined>;
type Name = "cpu" | "memory";

function itemsFor({ registry, resource, operation, subresource, namespace }: AdmissionRequest): LimitRangeItem[] {
  const { kind } = resource;
  if (kind.group !== "" || kind.plural !== Pod.plural || operation !== "create" || subresource !== "") return [];
  const ranges = registry.require(LimitRange);
  const { items } = ranges.cache.list(collectionPrefix(ranges, namespace));
  return (items as LimitRange[]).flatMap(({ spec }) => spec?.limits ?? []);
}

function fillIn(spec: Pod["spec"], item: LimitRangeItem): void {
  for (const container of spec.containers) {
    for (const [part, defaults] of [
      ["limits", item.default],
      ["requests", item.defaultRequest],
    ] as const) {
      if (!defaults) continue;
      // A limit that is stated is also what is asked for, unless that is stated.
      const implied = part === "requests" ? container.resources?.limits : undefined;
      const { cpu, memory } = defaults;
      const amounts = {
        ...(cpu ? { cpu } : {}),
        ...(memory ? { memory } : {}),
        ...implied,
        ...container.resources?.[part],
      };
      container.resources = { ...container.resources, [part]: amounts };
    }
  }
}

function problemsOf(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const problems: string[] = [];
  for (const [name, least] of Object.entries(item.min ?? {})) {
    const rule = `minimum ${name} usage per ${item.type} is ${least}`;
    const request = requests[name];
    if (request === undefined) problems.push(`${rule}.  No request is specified`);
    else if (compareQuantities(request, least) < 0) problems.push(`${rule}, but request is ${request}`);
  }
  for (const [name, most] of Object.entries(item.max ?? {})) {
    const rule = `maximum ${name} usage per ${item.type} is ${most}`;
    const limit = limits[name];
    if (limit === undefined) problems.push(`${rule}.  No limit is specified`);
    else if (compareQuantities(limit, most) > 0) problems.push(`${rule}, but limit is ${limit}`);
  }
  return problems;
}

/** What all containers state together; undefined when one of them states nothing. */
function totalOf(spec: Pod["spec"], part: "requests" | "limits"): Amounts {
  const total = (name: Name): string | undefined => {
    const amounts = spec.containers.map(({ resources }) => resources?.[part]?.[name]);
    if (amounts.some((amount) => amount === undefined)) return undefined;
    const sum = (amounts as string[]).reduce((all, one) => all + (name === "cpu" ? milliOf(one) : wholeOf(one)), 0);
    return name === "cpu" ? formatMilli(sum) : formatBytes(sum);
  };
  return { cpu: total("cpu"), memory: total("memory") };
}
