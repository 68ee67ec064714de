/** The agent on our own runtime. */
import t from "tap";
import { agentSuite } from "./agent/agent-suite.ts";
import { NativeSubject } from "./agent/native-subject.ts";

if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, bridges");
else await agentSuite(new NativeSubject());
