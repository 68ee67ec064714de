import t from "tap";
import { apiVersionOf } from "../kind.ts";
import { builtinKinds } from "../kinds/all.ts";
import { openApiDocument } from "./document.ts";

for (const version of new Set(builtinKinds.map(apiVersionOf))) {
  t.test(`the document of ${version}`, async (t) => {
    const kinds = builtinKinds.filter((kind) => apiVersionOf(kind) === version);
    const document = openApiDocument(kinds, "v1.35.0");
    const text = JSON.stringify(document);
    const { schemas } = document.components;
    const missing = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].filter(([, name]) => !schemas[name ?? ""]);
    t.same(missing, [], "every reference leads somewhere");
    t.notMatch(text, /x-drydock/, "what is ours stays here");
    for (const { group, kind, version: v, plural } of kinds) {
      const gvk = { group, version: v, kind };
      const found = Object.values(schemas).filter(
        (schema) => JSON.stringify(schema["x-kubernetes-group-version-kind"]) === JSON.stringify([gvk]),
      );
      t.equal(found.length, 1, `${kind} is found by its group, version and kind`);
      const patches = Object.entries(document.paths).filter(
        ([path, item]) => path.includes(`/${plural}/{name}`) && item.patch,
      );
      t.ok(patches.length > 0, `${kind} can be patched`);
      for (const [, { patch }] of patches) t.match(patch, { "x-kubernetes-group-version-kind": gvk });
      t.match(JSON.stringify(patches), /"fieldValidation"/, "kubectl looks for this before it sends it");
    }
  });
}

t.test("fields carry their own words and the rules for merging", async (t) => {
  const { schemas } = openApiDocument(
    builtinKinds.filter(({ group }) => group === ""),
    "v1.35.0",
  ).components;
  t.match(schemas["io.k8s.api.core.v1.PodSpec"], {
    properties: {
      containers: {
        type: "array",
        items: { $ref: "#/components/schemas/io.k8s.api.core.v1.Container" },
        "x-kubernetes-patch-merge-key": "name",
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-list-map-keys": ["name"],
      },
    },
  });
  t.match(schemas["io.k8s.api.core.v1.Container"], {
    properties: {
      livenessProbe: {
        allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.Probe" }],
        description: /started again/,
      },
    },
  });
});
