import { type Static, Type } from "@sinclair/typebox";
import { definitions, described, int64 } from "../define.ts";
import { ExecAction, HTTPGetAction } from "./probe.ts";

const core = definitions("io.k8s.api.core.v1");

const LifecycleHandlerSchema = core(
  "LifecycleHandler",
  "What is done at a moment of a container's life: one of these.",
  {
    exec: Type.Optional(ExecAction),
    httpGet: Type.Optional(HTTPGetAction),
    sleep: Type.Optional(
      core("SleepAction", "Waiting.", { seconds: int64("How long to wait, seconds.", { minimum: 0 }) }),
    ),
  },
);
export type LifecycleHandler = Static<typeof LifecycleHandlerSchema>;

export const LifecycleSchema = core(
  "Lifecycle",
  "What the agent does right after a container's start and before its end.",
  {
    postStart: Type.Optional(
      described("Right after the start. The container is ended when it fails.", LifecycleHandlerSchema),
    ),
    preStop: Type.Optional(
      described(
        "Before a container is told to stop, within the grace period; not when it ends by itself.",
        LifecycleHandlerSchema,
      ),
    ),
  },
);
