/** Runs in the lab VM: `node prove-in-vm.ts NEED` proves the labs that have this need. */
import { proveLabsThatNeed } from "./prove-milestone.ts";

await proveLabsThatNeed(process.argv[2] ?? "");
