import { type Logger, messageOf, runCommand } from "@drydock/kit";

/**
 * Tells systemd that a service is ready (`Type=notify`, sd_notify(3)). Only where systemd asks for it; the unit needs
 * `NotifyAccess=all`, because another program says it: datagram sockets of the file system are beyond Node.
 */
export async function notifyServiceManager(logger: Logger): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  try {
    await runCommand("systemd-notify", ["--ready", `--pid=${process.pid}`]);
  } catch (error) {
    logger.warn({ error: messageOf(error) }, "systemd could not be told that we are ready");
  }
}
