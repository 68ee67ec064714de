import type { KubeObject } from "@drydock/machinery";
import t from "tap";
import { parseWaitFor } from "./condition.ts";

const object = (status: object, generation?: number): KubeObject => {
  const metadata = { name: "x", ...(generation === undefined ? {} : { generation }) };
  return { apiVersion: "v1", kind: "Pod", metadata, status } as KubeObject;
};
const ready = { conditions: [{ type: "Ready", status: "True" }] };

t.test("conditions", async (t) => {
  t.ok(parseWaitFor("condition=Ready").holds(object(ready)));
  t.ok(parseWaitFor("condition=ready=true").holds(object(ready)));
  t.notOk(parseWaitFor("condition=Ready=False").holds(object(ready)));
  t.notOk(parseWaitFor("condition=Available").holds(object(ready)));
  t.notOk(
    parseWaitFor("condition=Ready").holds(object({ ...ready, observedGeneration: 1 }, 2)),
    "of an older generation",
  );
  t.ok(parseWaitFor("condition=Ready").holds(object({ ...ready, observedGeneration: 2 }, 2)));
});

t.test("fields", async (t) => {
  const status = { phase: "Running", containerStatuses: [{ restartCount: 0 }] };
  t.ok(parseWaitFor("jsonpath={.status.phase}=Running").holds(object(status)));
  t.ok(parseWaitFor("jsonpath='{.status.containerStatuses[0].restartCount}'=0").holds(object(status)));
  t.notOk(parseWaitFor("jsonpath={.status.podIP}").holds(object(status)));
  t.notOk(parseWaitFor("jsonpath={.status.phase.deeper}=x").holds(object({})));
});

t.test("what is no state", async (t) => {
  for (const wrong of ["ready", "condition=", "jsonpath=.status", ""]) {
    t.throws(() => parseWaitFor(wrong), { code: "CLI_USAGE" }, wrong);
  }
});
