import { defineErrors } from "@drydock/kit";

export const vmError = defineErrors({
  VM_BAD_REQUEST: "a lab VM was asked for with options that cannot be met",
  VM_ENGINE_MISSING: "the engine that a lab VM needs is not installed or does not work on this host",
  VM_BOOT_FAILED: "a lab VM ended before its command could run",
  VM_NETWORK_FAILED: "the private network between several lab VMs could not be made",
  VM_TIMEOUT: "the command in a lab VM did not end in time",
});
