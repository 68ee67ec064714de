import { errnoName, errnoText, nativeExecutor, type SyscallProgram } from "@drydock/linux";
import { agentError } from "../errors.ts";

/** Runs a program of system calls to its end; the error names the step that failed and why it is there. */
export async function runProgram(program: SyscallProgram): Promise<void> {
  const { failure } = await nativeExecutor.launch(program);
  if (!failure) return;
  const { step } = failure.failed;
  const errno = errnoName(failure.errno);
  throw agentError(
    "AGENT_NETWORK",
    `${program.name}: ${step.name} (${step.why}) failed with ${errno}: ${errnoText(errno)}`,
    {
      details: { step: step.name, errno },
    },
  );
}
