import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { conditionFields } from "../condition.ts";
import {
  atomicList,
  createdAtColumn,
  defineKind,
  definitions,
  flag,
  int32,
  int64,
  mapList,
  nameColumn,
  objectSchema,
  oneOf,
  onlyFlag,
  onlyText,
  text,
} from "../define.ts";
import { setDefinitionDefaults, validateDefinition } from "./rules.ts";

const prefix = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";
const type = { group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" };
const extensions = definitions(prefix);

const names = extensions("CustomResourceDefinitionNames", "What the new kind is called.", {
  plural: text("In URLs and on the command line: lower case."),
  singular: Type.Optional(text("For one of them; the kind in lower case unless stated.")),
  shortNames: Type.Optional(atomicList(Type.String(), "Shorter names for the command line.")),
  kind: text("In manifests: CamelCase, singular."),
  listKind: Type.Optional(text("Kind of a list; the kind with List unless stated.")),
  categories: Type.Optional(atomicList(Type.String(), "Groups of kinds that it is listed with, e.g. all.")),
});

const column = extensions("CustomResourceColumnDefinition", "A column of `kubectl get`.", {
  name: text("Its head."),
  type: oneOf(["integer", "number", "string", "boolean", "date"], "What is in it; a date is shown as an age."),
  format: Type.Optional(text("A hint for clients: int32, int64, float, double, byte, date, date-time or password.")),
  description: Type.Optional(text("What it says.")),
  priority: Type.Optional(int32("0 is always shown, more only with -o wide.")),
  jsonPath: text("Where its value is in an object: .spec.replicas"),
});

const scale = extensions("CustomResourceSubresourceScale", "Where `kubectl scale` reads and writes.", {
  specReplicasPath: text("Where the wanted number is: .spec.replicas"),
  statusReplicasPath: text("Where the number that there is, is: .status.replicas"),
  labelSelectorPath: Type.Optional(text("Where the selector of the pods is, as text: .status.selector")),
});

const version = extensions("CustomResourceDefinitionVersion", "One version of the kind.", {
  name: text("v1, v1beta1 …"),
  served: flag("Whether clients can use it."),
  storage: flag("True for the one version that objects are stored in."),
  deprecated: Type.Optional(flag("Clients that use it are warned.")),
  deprecationWarning: Type.Optional(text("What they are told.", { maxLength: 256 })),
  schema: Type.Optional(
    extensions("CustomResourceValidation", "What an object may contain.", {
      openAPIV3Schema: Type.Optional(
        Type.Unsafe<Record<string, unknown>>({
          type: "object",
          description: "A structural schema: every part has a type, and is stated once.",
          "x-kubernetes-preserve-unknown-fields": true,
        }),
      ),
    }),
  ),
  subresources: Type.Optional(
    extensions("CustomResourceSubresources", "Parts of an object that are written apart.", {
      status: Type.Optional(
        extensions("CustomResourceSubresourceStatus", "Status is written by controllers alone, through /status.", {}),
      ),
      scale: Type.Optional(scale),
    }),
  ),
  additionalPrinterColumns: Type.Optional(atomicList(column, "Columns of `kubectl get` after the name.")),
  selectableFields: Type.Optional(
    atomicList(
      extensions("SelectableField", "A field that --field-selector may name.", { jsonPath: text("E.g. .spec.color") }),
      "What can be selected by, besides the name.",
      { maxItems: 8 },
    ),
  ),
});

const schema = objectSchema(type, prefix, "A kind that is added to the API while it runs.", {
  spec: extensions("CustomResourceDefinitionSpec", "The kind.", {
    group: text("Group of the API, a domain: example.com"),
    names,
    scope: oneOf(["Cluster", "Namespaced"], "Whether its objects are in namespaces."),
    versions: Type.Array(version, { description: "Its versions.", "x-kubernetes-list-type": "atomic", minItems: 1 }),
    conversion: Type.Optional(
      extensions("CustomResourceConversion", "How objects get from one version into another.", {
        strategy: onlyText("None", "None: only apiVersion changes."),
      }),
    ),
    preserveUnknownFields: Type.Optional(onlyFlag(false, "Whether fields that the schema lacks are kept.")),
  }),
  status: Type.Optional(
    extensions("CustomResourceDefinitionStatus", "What came of it.", {
      conditions: Type.Optional(
        mapList(
          extensions("CustomResourceDefinitionCondition", "One aspect of the state.", {
            ...conditionFields,
            observedGeneration: Type.Optional(int64("Generation that it was computed from.", { minimum: 0 })),
          }),
          ["type"],
          "NamesAccepted, Established, Terminating.",
        ),
      ),
      acceptedNames: Type.Optional(names),
      storedVersions: Type.Optional(atomicList(Type.String(), "Versions in which objects may be stored.")),
      observedGeneration: Type.Optional(int64("Generation that the status was computed from.")),
    }),
  ),
});

export type CustomResourceDefinition = Static<typeof schema>;
export type CustomResourceVersion = CustomResourceDefinition["spec"]["versions"][number];
export type CustomResourceNames = CustomResourceDefinition["spec"]["names"];

/** By which a definition stays until all its objects are gone. */
export const customResourceCleanup = "customresourcecleanup.apiextensions.k8s.io";

export const CustomResourceDefinition: Kind<CustomResourceDefinition> = defineKind<CustomResourceDefinition>({
  ...type,
  plural: "customresourcedefinitions",
  namespaced: false,
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  subresources: ["status"],
  schema,
  columns: [nameColumn, createdAtColumn],
  setDefaults: setDefinitionDefaults,
  validate: validateDefinition,
});
