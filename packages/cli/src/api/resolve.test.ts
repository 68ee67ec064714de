import t from "tap";
import { namedTargetsOf, targetsOf } from "../get/targets.ts";
import { resourcesOf } from "./discovery.ts";
import { resolveResource, resolveResources, resourceOfObject } from "./resolve.ts";
import type { ApiResource } from "./resource.ts";

const make = (group: string, kind: string, plural: string, extra: Partial<ApiResource> = {}): ApiResource => ({
  group,
  version: "v1",
  kind,
  plural,
  singular: kind.toLowerCase(),
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ["get", "list"],
  subresources: [],
  ...extra,
});
const pods = make("", "Pod", "pods", { shortNames: ["po"], categories: ["all"] });
const workloads = make("drydock.dev", "Workload", "workloads", { shortNames: ["wl"], categories: ["all"] });
const events = make("", "Event", "events");
const newEvents = make("events.k8s.io", "Event", "events");
const all = [newEvents, pods, workloads, events];

t.test("every way to name a resource", async (t) => {
  for (const name of ["pods", "pod", "po", "Pod", "PODS"]) t.equal(resolveResource(name, all), pods, name);
  for (const name of ["wl", "workloads.drydock.dev", "workload.v1.drydock.dev"]) {
    t.equal(resolveResource(name, all), workloads, name);
  }
  t.equal(resolveResource("events", all), events, "core comes first");
  t.equal(resolveResource("events.events.k8s.io", all), newEvents);
  t.throws(() => resolveResource("podz", all), { code: "CLI_UNKNOWN_KIND", hint: "did you mean pods?" });
  t.same(resolveResources("all,events", all), [pods, workloads, events]);
});

t.test("the resource of an object", async (t) => {
  t.equal(resourceOfObject({ apiVersion: "drydock.dev/v1", kind: "Workload" }, all), workloads);
  const wrong = (apiVersion: string, kind: string) => () => resourceOfObject({ apiVersion, kind }, all);
  t.throws(wrong("apps/v1", "Workload"), { code: "CLI_UNKNOWN_KIND", hint: "it has Workload in drydock.dev/v1" });
  t.throws(wrong("drydock.dev/v1", "Workloda"), {
    code: "CLI_UNKNOWN_KIND",
    hint: "did you mean Workload in drydock.dev/v1?",
  });
});

t.test("what a command line names", async (t) => {
  t.same(targetsOf("pods,wl", [], all), [{ type: pods }, { type: workloads }]);
  t.same(targetsOf("po", ["a", "b"], all), [
    { type: pods, name: "a" },
    { type: pods, name: "b" },
  ]);
  t.same(targetsOf("po/a", ["wl/b"], all), [
    { type: pods, name: "a" },
    { type: workloads, name: "b" },
  ]);
  for (const wrong of ["po/", "/a", "a/b/c"]) t.throws(() => targetsOf(wrong, [], all), { code: "CLI_USAGE" }, wrong);
  t.throws(() => targetsOf("pods", ["wl/b"], all), { code: "CLI_USAGE" });
  t.throws(() => namedTargetsOf("pods", [], all), { code: "CLI_USAGE", message: "the name of the pod is missing" });
});

t.test("aggregated discovery", async (t) => {
  const resource = {
    resource: "pods",
    responseKind: { group: "", version: "v1", kind: "Pod" },
    scope: "Namespaced" as const,
    singularResource: "pod",
    verbs: ["get"],
    shortNames: ["po"],
    subresources: [{ subresource: "log" }],
  };
  const [found] = resourcesOf({ items: [{ metadata: {}, versions: [{ version: "v1", resources: [resource] }] }] });
  t.match(found, { group: "", version: "v1", plural: "pods", namespaced: true, subresources: ["log"], categories: [] });
});
