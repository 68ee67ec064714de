import { Socket } from "node:net";
import { DrydockError, messageOf } from "@drydock/kit";
import { Command } from "commander";
import { supervise } from "../supervisor/supervise.ts";
import type { SupervisorMessage } from "../supervisor/up-detached.ts";
import type { UpOptions } from "../supervisor/up-options.ts";

/** Descriptor of the socket to the `up` that started this process. */
const channelFd = 3;

export function superviseCommand(): Command {
  return new Command("supervise")
    .requiredOption("--options <json>", "what up was asked for")
    .addHelpText("after", "\nExample:\n  drydock up --detach starts it\n")
    .action(async ({ options }: { options: string }) => {
      const asked = JSON.parse(options) as Partial<UpOptions> & Pick<UpOptions, "dataDir" | "kubeconfig">;
      await superviseDetached({
        nodes: undefined,
        port: undefined,
        network: undefined,
        runtime: undefined,
        logLevel: undefined,
        ...asked,
      });
    });
}

async function superviseDetached(options: UpOptions): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const channel = new Socket({ fd: channelFd, readable: true, writable: true, allowHalfOpen: true });
  let ready = false;
  // Nobody waits for this cluster any more: an `up` that was ended before it was ready takes all with it.
  const abandoned = (): void => {
    if (!ready) stop.abort();
  };
  channel.on("close", abandoned).on("end", abandoned).on("error", abandoned).resume();
  const say = (message: SupervisorMessage): void => {
    if (channel.writable) channel.write(`${JSON.stringify(message)}\n`);
  };
  try {
    await supervise(
      options,
      (progress) => {
        if (progress.type === "ready") ready = true;
        say(progress);
      },
      stop.signal,
    );
  } catch (error) {
    if (ready) throw error;
    const data =
      error instanceof DrydockError ? error.toJSON() : { code: "CLUSTER_COMPONENT_FAILED", message: messageOf(error) };
    say({ type: "failed", error: data });
    process.exitCode = 1;
  } finally {
    channel.end();
  }
}
