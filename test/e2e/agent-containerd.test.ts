/** The agent on a real containerd with runc: the same suite as on our own runtime. */
import { spawnSync } from "node:child_process";
import t from "tap";
import { agentSuite } from "./agent/agent-suite.ts";
import { ContainerdSubject } from "./agent/containerd-subject.ts";

const missing = ["containerd", "runc"].find((program) => spawnSync(program, ["--version"]).error);
if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, bridges");
else if (missing) t.plan(0, `${missing} is not installed (apt-get install ${missing})`);
else await agentSuite(new ContainerdSubject());
