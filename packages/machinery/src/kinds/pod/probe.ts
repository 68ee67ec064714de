import { type Static, Type } from "@sinclair/typebox";
import { atomicList, definitions, int32, int64, intOrString, oneOf, text } from "../define.ts";

const core = definitions("io.k8s.api.core.v1");

export const ExecAction = core("ExecAction", "A command run inside the container; exit code 0 is success.", {
  command: Type.Optional(atomicList(Type.String(), "Program and arguments; no shell.")),
});

export const HTTPGetAction = core("HTTPGetAction", "An HTTP GET; 200 to 399 is success.", {
  path: Type.Optional(text("Path to get.", { default: "/" })),
  port: intOrString("Port number, or the name of a port of the container."),
  host: Type.Optional(text("Host to connect to; the pod's address when empty.")),
  scheme: Type.Optional(oneOf(["HTTP", "HTTPS"], "HTTP, or HTTPS without verification.", { default: "HTTP" })),
  httpHeaders: Type.Optional(
    atomicList(
      core("HTTPHeader", "A header of a probe's request.", { name: text("Header name."), value: text("Its value.") }),
      "Headers to send.",
    ),
  ),
});

const TCPSocketAction = core("TCPSocketAction", "A TCP connection; being accepted is success.", {
  port: intOrString("Port number, or the name of a port of the container."),
  host: Type.Optional(text("Host to connect to; the pod's address when empty.")),
});

/** Not every rule can be stated here: exactly one action, and the limits that depend on the kind of probe, are in validate.ts. */
export const ProbeSchema = core("Probe", "A health check of a container, made by the node agent.", {
  exec: Type.Optional(ExecAction),
  httpGet: Type.Optional(HTTPGetAction),
  tcpSocket: Type.Optional(TCPSocketAction),
  initialDelaySeconds: Type.Optional(int32("Seconds to wait after the container's start.", { minimum: 0 })),
  timeoutSeconds: Type.Optional(int32("Seconds after which a try has failed.", { minimum: 1, default: 1 })),
  periodSeconds: Type.Optional(int32("Seconds from one try to the next.", { minimum: 1, default: 10 })),
  successThreshold: Type.Optional(int32("Successes in a row until it counts as passing.", { minimum: 1, default: 1 })),
  failureThreshold: Type.Optional(int32("Failures in a row until it counts as failing.", { minimum: 1, default: 3 })),
  terminationGracePeriodSeconds: Type.Optional(
    int64("Grace period for a kill by this probe, in place of the pod's.", { minimum: 1 }),
  ),
});
export type Probe = Static<typeof ProbeSchema>;
