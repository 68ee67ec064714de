import { createRuntime } from "@drydock/runtime";
import { stateDirIn } from "./places.ts";

/** Commands whose argument is the name of a container that is to be made. */
const makers = ["create", "run", "spec", "plan"];

/** The containers of this machine as completion offers them: the name, and after a tab its state. */
export async function containerCandidates(command: string, words: readonly string[]): Promise<string[]> {
  if (makers.includes(command)) return [];
  const given = words.indexOf("--root");
  const stateDir = stateDirIn(given < 0 ? undefined : words[given + 1]);
  const states = await createRuntime({ stateDir }).list();
  return states.map(({ id, status }) => `${id}\t${status}`);
}
