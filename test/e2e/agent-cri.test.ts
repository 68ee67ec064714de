/** The agent on CRI, served by a real containerd with runc and CNI plugins: the same suite as on our own runtime. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import t from "tap";
import { agentSuite } from "./agent/agent-suite.ts";
import { CriSubject } from "./agent/cri-subject.ts";

const missing = ["containerd", "runc"].find((program) => spawnSync(program, ["--version"]).error);
if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, network");
else if (missing) t.plan(0, `${missing} is not installed (apt-get install ${missing})`);
else if (!existsSync("/usr/lib/cni/ptp")) t.plan(0, "no CNI plugins (apt-get install containernetworking-plugins)");
else await agentSuite(new CriSubject());
