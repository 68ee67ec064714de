import { relative } from "node:path";
import type { ContainerConfig, CriImage, LinuxContainerSecurityContext } from "@drydock/containerd";
import { defaultMaskedPaths, defaultReadonlyPaths } from "@drydock/runtime";
import type { ContainerSpec, SandboxSpec } from "../port/pod-runtime.ts";
import { annotationsOf, labels } from "./labels.ts";
import { processUser } from "./process-user.ts";

export interface CriContainerInput {
  spec: ContainerSpec;
  sandbox: SandboxSpec;
  owner: string;
  image: CriImage;
  /** The score that it gets, and in words what of the wish cannot be had. */
  oomScoreAdj: number;
  notEnforced: string[];
  /** Files that every container of the pod sees unless it mounts others there. */
  files: ContainerSpec["mounts"];
}

/** A container as CRI is told of it. Throws AGENT_RUN_AS_ROOT. Pure. */
export function containerConfigOf(input: CriContainerInput): ContainerConfig {
  const { spec, sandbox, image, owner } = input;
  const { cpuPeriodUs, cpuQuotaUs, cpuShares, memoryLimitBytes } = spec.resources;
  const own = new Set(spec.mounts.map(({ containerPath }) => containerPath));
  const mounts = [...input.files.filter(({ containerPath }) => !own.has(containerPath)), ...spec.mounts];
  const { image: reference, imageId, specHash, failures, logPath } = spec;
  return {
    metadata: { name: spec.name, attempt: spec.attempt },
    image: { image: image.id, userSpecifiedImage: reference },
    command: spec.command ?? [],
    args: spec.args ?? [],
    workingDir: spec.workingDir ?? "",
    envs: spec.env.map(({ name, value }) => ({ key: name, value: Buffer.from(value) })),
    mounts: mounts.map(({ containerPath, hostPath, readOnly }) => ({ containerPath, hostPath, readonly: readOnly })),
    labels: {
      [labels.podUid]: spec.podUid,
      [labels.podNamespace]: sandbox.namespace,
      [labels.podName]: sandbox.name,
      [labels.container]: spec.name,
      [labels.owner]: owner,
    },
    annotations: annotationsOf({
      image: reference,
      imageId,
      specHash,
      failures,
      logPath,
      notEnforced: input.notEnforced,
    }),
    logPath: relative(sandbox.logDirectory, logPath),
    linux: {
      resources: {
        ...(cpuPeriodUs === undefined ? {} : { cpuPeriod: cpuPeriodUs }),
        ...(cpuQuotaUs === undefined ? {} : { cpuQuota: cpuQuotaUs }),
        ...(cpuShares === undefined ? {} : { cpuShares }),
        ...(memoryLimitBytes === undefined ? {} : { memoryLimitInBytes: memoryLimitBytes }),
        oomScoreAdj: input.oomScoreAdj,
      },
      securityContext: securityContextOf(spec, image),
    },
  };
}

function securityContextOf(spec: ContainerSpec, image: CriImage): LinuxContainerSecurityContext {
  const { security } = spec;
  return {
    capabilities: { addCapabilities: security.addCapabilities, dropCapabilities: security.dropCapabilities },
    namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
    ...processUser(spec, image),
    supplementalGroups: security.supplementalGroups,
    readonlyRootfs: spec.readOnlyRootFilesystem,
    noNewPrivs: !security.allowPrivilegeEscalation,
    // CRI hides nothing by itself.
    maskedPaths: [...defaultMaskedPaths],
    readonlyPaths: [...defaultReadonlyPaths],
    seccomp: { profileType: security.seccompDefault ? "RuntimeDefault" : "Unconfined" },
  };
}
