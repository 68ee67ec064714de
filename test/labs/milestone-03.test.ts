import { proveMilestone } from "./prove-milestone.ts";

await proveMilestone("03");
