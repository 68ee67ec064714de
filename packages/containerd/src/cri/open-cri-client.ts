import { buildServices } from "../rpc/build-services.ts";
import { Channel } from "../rpc/channel.ts";
import { loadProtos } from "../rpc/load-protos.ts";
import { type CriServices, criServiceNames } from "./api/services.ts";
import type { CriClient } from "./connect-cri.ts";
import { forwardPort } from "./streaming/port-forward.ts";
import { remoteCommand } from "./streaming/remote-command.ts";

/** How long the first answer may take, ms. */
const versionTimeoutMs = 10_000;

export async function openCriClient(socket: string): Promise<CriClient> {
  const channel = new Channel(socket);
  try {
    const services = buildServices<CriServices>(channel, await loadProtos("cri"), criServiceNames);
    const { runtime } = services;
    const version = await runtime.version({ version: "v1" }, { timeoutMs: versionTimeoutMs });
    return {
      ...services,
      socket,
      version,
      async exec(containerId, { command, stdin, tty }) {
        const streams = { stdin, tty, stdout: true, stderr: !tty };
        const { url } = await runtime.exec({ containerId, cmd: command, ...streams });
        return remoteCommand(url, { stdin, tty });
      },
      async attach(containerId, { stdin, tty }) {
        const { url } = await runtime.attach({ containerId, stdin, tty, stdout: true, stderr: !tty });
        return remoteCommand(url, { stdin, tty });
      },
      async portForward(podSandboxId, port) {
        const { url } = await runtime.portForward({ podSandboxId, port: [port] });
        return forwardPort(url, port);
      },
      close: () => channel.close(),
    };
  } catch (error) {
    channel.close();
    throw error;
  }
}
