import type { AgentOptions, RunningAgent } from "./options.ts";

/**
 * Starts the agent of one node. Resolves when it serves, has taken on what runs, and has registered its Node as ready.
 * Rejects, with nothing left running, when it cannot work at all: address taken, no bridge possible, bad pod range.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  // Loaded here, so that who imports this package for a type does not pay for the runtime and the server.
  const { Agent } = await import("./agent.ts");
  const agent = new Agent(options);
  try {
    await agent.start();
  } catch (error) {
    await agent.close();
    throw error;
  }
  return agent;
}
