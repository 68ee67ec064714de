import { defineErrors } from "@drydock/kit";

export const failure = defineErrors({
  RUNTIME_EXISTS: "a container with this id exists already",
  RUNTIME_NOT_FOUND: "there is no container with this id",
  RUNTIME_BAD_STATE: "the container is not in a state in which this can be done",
  RUNTIME_INVALID_CONFIG:
    "the container's configuration has a field that is unknown, unsupported or wrong (path in details)",
  RUNTIME_BAD_BUNDLE: "a bundle has no config.json, or it is not JSON",
  RUNTIME_BAD_STEP: "an experiment names a step that the plan does not have, or that cannot be left out",
  RUNTIME_HOOK_FAILED: "a hook of the configuration failed or took too long, so the container was not made",
  RUNTIME_ROOTLESS:
    "an ordinary user cannot start this container here: it takes a user namespace, its maps, or a setting of the host",
  RUNTIME_STARTER_ENDED: "the thread that starts containers has ended in the middle of a start, which is a bug",
  RUNTIME_STEP_FAILED:
    "a system call on the way to the container's first instruction failed (step, errno, why in details)",
});
