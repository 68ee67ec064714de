/** One agent as a process of its own, so that a test can kill it: options as JSON in argv, `ready` on stdout when it is. */
import { startAgent } from "@drydock/node-agent";

const log = (level: string) => (fields: object, message: string) =>
  process.stderr.write(`${JSON.stringify({ level, time: Date.now(), message, ...fields })}\n`);
const logger = {
  debug: () => {},
  info: log("info"),
  warn: log("warn"),
  error: log("error"),
  child: () => logger,
};

const agent = await startAgent({ ...JSON.parse(process.argv[2] ?? "{}"), logger });
process.once("SIGTERM", () => void agent.close());
process.once("SIGINT", () => void agent.close({ drain: true }));
// Last: whoever reads it may send a signal at once.
process.stdout.write(`ready ${agent.port}\n`);
