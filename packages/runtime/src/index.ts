export { printProgram as printPlan } from "@drydock/linux";
export { compile } from "./compile/compile.ts";
export type { CompileInput, HostFacts, StreamSource } from "./compile/compile-input.ts";
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
export { planContainer } from "./lifecycle/prepare.ts";
export * from "./types.ts";
