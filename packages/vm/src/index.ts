export type { Engine, EngineName, Share, VmRequest, VmResult } from "./engine.ts";
export { chooseEngine, runInVm } from "./run-in-vm.ts";
