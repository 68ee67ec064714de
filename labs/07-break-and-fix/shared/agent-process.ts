/** One agent as a process: its options as JSON in a file, whose path is the first word. Says "ready" when it is; SIGINT empties the node first. */
import { readFileSync } from "node:fs";
import { startAgent } from "@drydock/node-agent";

const write = (level: string) => (fields: object, message: string) =>
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
const logger = {
  debug: () => {},
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
  child: () => logger,
};

const agent = await startAgent({ ...JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")), logger });
process.once("SIGTERM", () => void agent.close());
process.once("SIGINT", () => void agent.close({ drain: true }));
process.stdout.write(`ready ${agent.port}\n`);
