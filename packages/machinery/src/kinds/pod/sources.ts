import { type Static, Type } from "@sinclair/typebox";
import { atomicList, definitions, flag, int32, quantity, text } from "../define.ts";

const core = definitions("io.k8s.api.core.v1");

/** Where the values of variables and the files of volumes come from. */
const optional = Type.Optional(flag("What is not there is left out, instead of holding up the container."));
const atomic = { "x-kubernetes-map-type": "atomic" };

export const FieldRefSchema = core(
  "ObjectFieldSelector",
  "A field of the pod.",
  {
    apiVersion: Type.Optional(text("Version that the path is of.", { default: "v1" })),
    fieldPath: text("e.g. metadata.name, metadata.labels['app'], spec.nodeName, status.podIP."),
  },
  atomic,
);

export const ResourceFieldRefSchema = core(
  "ResourceFieldSelector",
  "An amount that a container asks for or may use.",
  {
    containerName: Type.Optional(text("The container; in its own environment it may be left out.")),
    resource: text("limits.cpu, limits.memory, requests.cpu or requests.memory."),
    divisor: Type.Optional(quantity("Unit of the value, e.g. 1m or 1Mi; 1 unless stated. Rounded up.")),
  },
  atomic,
);

export const ConfigMapKeyRefSchema = core(
  "ConfigMapKeySelector",
  "One key of a ConfigMap of the pod's namespace.",
  { name: Type.Optional(text("Name of the ConfigMap.")), key: text("The key."), optional },
  atomic,
);

export const SecretKeyRefSchema = core(
  "SecretKeySelector",
  "One key of a Secret of the pod's namespace.",
  { name: Type.Optional(text("Name of the Secret.")), key: text("The key."), optional },
  atomic,
);

export const EnvFromSchema = core("EnvFromSource", "Every key of a ConfigMap or Secret as a variable.", {
  prefix: Type.Optional(text("Put before each key.")),
  configMapRef: Type.Optional(
    core("ConfigMapEnvSource", "A ConfigMap.", { name: Type.Optional(text("Its name.")), optional }),
  ),
  secretRef: Type.Optional(core("SecretEnvSource", "A Secret.", { name: Type.Optional(text("Its name.")), optional })),
});
export type EnvFromSource = Static<typeof EnvFromSchema>;

const fileMode = (description: string) => Type.Optional(int32(description, { minimum: 0, maximum: 0o777 }));
const defaultMode = fileMode("Permission bits of the files; 0644 unless stated.");

const KeyToPathSchema = core("KeyToPath", "Where the value of a key is put.", {
  key: text("The key."),
  path: text("File in the volume, relative and without '..'."),
  mode: fileMode("Permission bits of this file."),
});
export type KeyToPath = Static<typeof KeyToPathSchema>;

const items = Type.Optional(
  atomicList(KeyToPathSchema, "The keys to take and where to put them; all, by their names, unless stated."),
);

const DownwardFileSchema = core(
  "DownwardAPIVolumeFile",
  "A file with a field of the pod or an amount of a container.",
  {
    path: text("File in the volume, relative and without '..'."),
    fieldRef: Type.Optional(FieldRefSchema),
    resourceFieldRef: Type.Optional(ResourceFieldRefSchema),
    mode: fileMode("Permission bits of this file."),
  },
);
export type DownwardFile = Static<typeof DownwardFileSchema>;

const downwardItems = Type.Optional(atomicList(DownwardFileSchema, "The files."));

export const ConfigMapVolumeSchema = core(
  "ConfigMapVolumeSource",
  "The keys of a ConfigMap as files, kept up to date.",
  {
    name: Type.Optional(text("Name of the ConfigMap.")),
    items,
    defaultMode,
    optional,
  },
);

export const SecretVolumeSchema = core(
  "SecretVolumeSource",
  "The keys of a Secret as files in memory, kept up to date.",
  {
    secretName: Type.Optional(text("Name of the Secret.")),
    items,
    defaultMode,
    optional,
  },
);

export const DownwardVolumeSchema = core("DownwardAPIVolumeSource", "Fields of the pod as files, kept up to date.", {
  items: downwardItems,
  defaultMode,
});

const ProjectionSchema = core("VolumeProjection", "One of several sources of one volume.", {
  configMap: Type.Optional(
    core("ConfigMapProjection", "Keys of a ConfigMap.", { name: Type.Optional(text("Its name.")), items, optional }),
  ),
  secret: Type.Optional(
    core("SecretProjection", "Keys of a Secret.", { name: Type.Optional(text("Its name.")), items, optional }),
  ),
  downwardAPI: Type.Optional(core("DownwardAPIProjection", "Fields of the pod.", { items: downwardItems })),
});
export type VolumeProjection = Static<typeof ProjectionSchema>;

export const ProjectedVolumeSchema = core("ProjectedVolumeSource", "Several sources in one directory.", {
  sources: Type.Optional(atomicList(ProjectionSchema, "The sources; a later one wins where paths meet.")),
  defaultMode,
});
