import t from "tap";
import { parseStatus } from "./status.ts";

t.test("machines and their states are read, whatever else vagrant says", async (t) => {
  const text = [
    "1795254961,cp1,metadata,provider,libvirt",
    "1795254961,cp1,provider-name,libvirt",
    "1795254961,cp1,state,running",
    "1795254961,cp1,state-human-short,running",
    "1795254961,w1,provider-name,libvirt",
    "1795254961,w1,state,not_created",
    "1795254961,,ui,info,Current machine states:\\n\\ncp1   running (libvirt)",
    "",
  ].join("\n");
  t.same(parseStatus(text), [
    { name: "cp1", provider: "libvirt", state: "running" },
    { name: "w1", provider: "libvirt", state: "not_created" },
  ]);
  t.same(parseStatus(""), []);
});
