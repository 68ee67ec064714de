import { type CustomResourceDefinition, Workload } from "@drydock/machinery";
import t from "tap";
import { judgeDefinition } from "./accept-names.ts";

function definition(kind: string, options: { shortNames?: string[]; at?: number; group?: string } = {}) {
  const { shortNames = [], at = 0, group = "example.com" } = options;
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, uid: `u-${kind}`, creationTimestamp: `2026-01-01T00:00:0${at}Z` },
    spec: {
      group,
      names: { plural, singular, kind, listKind: `${kind}List`, shortNames },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true }],
    },
  } as CustomResourceDefinition;
}

const statuses = (status: ReturnType<typeof judgeDefinition>) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

t.test("names that nobody has are accepted, and the kind is served", async (t) => {
  const status = judgeDefinition(definition("Boat"), [definition("Ship", { shortNames: ["s"] })], [], 0);
  t.same(statuses(status), { NamesAccepted: "True NoConflicts", Established: "True InitialNamesAccepted" });
  t.match(status, { acceptedNames: { plural: "boats", kind: "Boat" }, storedVersions: ["v1"] });
});

t.test("of two that want one name, the older gets it, whoever is judged first", async (t) => {
  const [older, younger] = [
    definition("Boat", { shortNames: ["b"] }),
    definition("Buoy", { shortNames: ["b"], at: 1 }),
  ];
  t.match(statuses(judgeDefinition(older, [younger], [], 0)), { NamesAccepted: "True NoConflicts" });
  const refused = judgeDefinition(younger, [older], [], 0);
  t.same(statuses(refused), { NamesAccepted: "False ShortNamesConflict", Established: "False NotAccepted" });
  t.match(refused.conditions?.[0]?.message, '"b" is already in use');
  const elsewhere = definition("Boat", { group: "example.org" });
  t.match(statuses(judgeDefinition(elsewhere, [older], [], 0)), { NamesAccepted: "True NoConflicts" });
});

t.test("a name that an older one wants later belongs to who has it", async (t) => {
  const younger = definition("Buoy", { shortNames: ["b"], at: 1 });
  const accepted = { ...younger, status: judgeDefinition(younger, [], [], 0) };
  const older = definition("Boat");
  const served = { ...older, status: judgeDefinition(older, [], [], 0) };
  served.spec.names.shortNames = ["b"];
  const status = judgeDefinition(served, [accepted], [], 0);
  t.same(statuses(status), { NamesAccepted: "False ShortNamesConflict", Established: "True InitialNamesAccepted" });
  t.same(status.acceptedNames?.shortNames, [], "it goes on under the names that it had");
});

t.test("names of what is built in are taken", async (t) => {
  const status = judgeDefinition(definition("Workload", { group: "drydock.dev" }), [], [Workload], 0);
  t.match(statuses(status), { NamesAccepted: "False PluralConflict", Established: "False NotAccepted" });
});

t.test("a status that is as it should be stays as it is", async (t) => {
  const boat = definition("Boat");
  const status = judgeDefinition(boat, [], [], 0);
  t.same(judgeDefinition({ ...boat, status }, [], [], 60_000), status);
});
