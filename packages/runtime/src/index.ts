export { defaultSeccompProfile, printProgram as printPlan } from "@drydock/linux";
export { defaultConfig } from "./bundle/default-config.ts";
export { readBundle } from "./bundle/read-bundle.ts";
export { rootlessConfig } from "./bundle/rootless-config.ts";
export { compile } from "./compile/compile.ts";
export type { CompileInput, HostFacts, StreamSource } from "./compile/compile-input.ts";
export { changeProgram, type Experiment } from "./compile/experiment.ts";
export { initExecutable } from "./compile/reaper.ts";
export {
  allCapabilityNames,
  capabilitySetsFor,
  type DefaultMountOptions,
  defaultCapabilityNames,
  defaultMaskedPaths,
  defaultMounts,
  defaultNamespaces,
  defaultReadonlyPaths,
} from "./config/defaults.ts";
export { validateConfig } from "./config/validate-config.ts";
export { createRuntime, type RuntimeOptions } from "./create-runtime.ts";
export { features, specVersion } from "./features.ts";
export { type HostTerminal, openHostTerminal } from "./lifecycle/host-terminal.ts";
export { type KernelProgram, kernelPrograms } from "./lifecycle/kernel-programs.ts";
export { cgroupOf, planContainer } from "./lifecycle/prepare.ts";
export { subordinateIds, type UserIds } from "./rootless/subordinate-ids.ts";
export * from "./types.ts";
