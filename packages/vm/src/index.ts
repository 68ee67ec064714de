export type { Engine, EngineName, Share, VmRequest, VmResult } from "./engine.ts";
export { type GroupMachine, type GroupOptions, runTogether } from "./network/run-together.ts";
export { chooseEngine, runInVm } from "./run-in-vm.ts";
