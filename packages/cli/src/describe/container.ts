import type { Container, ContainerState, ContainerStatus, EnvVar, Probe } from "@drydock/machinery";
import { type Detail, pairs } from "../output/details.ts";

/** One container of a pod or of a template, with what is seen of it. */
export function containerDetail(container: Container, status?: ContainerStatus): Detail {
  const ports = (container.ports ?? []).map(({ containerPort, protocol = "TCP" }) => `${containerPort}/${protocol}`);
  const details: Detail[] = [
    ...(status
      ? ([
          ["Container ID", status.containerID],
          ["Image ID", status.imageID],
        ] as Detail[])
      : []),
    ["Image", container.image],
    ...list("Ports", ports),
    ...list("Command", container.command),
    ...list("Args", container.args),
    ...(status ? statusDetails(status) : []),
    ...list("Limits", pairs(container.resources?.limits, ": ")),
    ...list("Requests", pairs(container.resources?.requests, ": ")),
    ...probe("Liveness", container.livenessProbe),
    ...probe("Readiness", container.readinessProbe),
    ...probe("Startup", container.startupProbe),
    ...list("Environment", (container.env ?? []).map(envText)),
    ...list(
      "Mounts",
      (container.volumeMounts ?? []).map(
        ({ name, mountPath, readOnly }) => `${mountPath} from ${name} (${readOnly ? "ro" : "rw"})`,
      ),
    ),
  ];
  return [container.name, { details }];
}

function statusDetails(status: ContainerStatus): Detail[] {
  return [
    ...stateDetails("State", status.state),
    ...(status.lastState && Object.keys(status.lastState).length > 0
      ? stateDetails("Last State", status.lastState)
      : []),
    ["Ready", status.ready],
    ["Restart Count", status.restartCount],
  ];
}

function stateDetails(label: string, state: ContainerState | undefined): Detail[] {
  if (state?.running) return [[label, `Running since ${state.running.startedAt}`]];
  if (state?.terminated) {
    const { reason = "Terminated", exitCode, signal, finishedAt, message } = state.terminated;
    const how = signal ? `signal ${signal}` : `exit code ${exitCode}`;
    return [[label, [`${reason}, ${how}, at ${finishedAt}`, ...(message ? [message] : [])]]];
  }
  const { reason = "Waiting", message } = state?.waiting ?? {};
  return [[label, [reason, ...(message ? [message] : [])]]];
}

function probe(label: string, probe: Probe | undefined): Detail[] {
  if (!probe) return [];
  const { initialDelaySeconds = 0, timeoutSeconds, periodSeconds, successThreshold, failureThreshold } = probe;
  const times = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s`;
  return [[label, `${actionText(probe)} ${times} #success=${successThreshold} #failure=${failureThreshold}`]];
}

function actionText({ httpGet, tcpSocket, exec }: Probe): string {
  if (httpGet) {
    const { scheme = "HTTP", host = "", port, path = "/" } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port}`;
  return `exec [${(exec?.command ?? []).join(" ")}]`;
}

function envText({ name, value = "", valueFrom }: EnvVar): string {
  const from = valueFrom?.fieldRef?.fieldPath;
  return `${name}: ${from === undefined ? value : `(from ${from})`}`;
}

function list(label: string, values: readonly string[] | undefined): Detail[] {
  return values && values.length > 0 ? [[label, values]] : [];
}
