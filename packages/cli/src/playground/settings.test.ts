import t from "tap";
import { machineNames, memoryWanted, settingsFrom } from "./settings.ts";

t.test("one control plane", async (t) => {
  const settings = { directory: "/x", program: "vagrant", ...settingsFrom({ DRYDOCK_WORKERS: "3" }) };
  t.strictSame(machineNames(settings), ["cp1", "w1", "w2", "w3"]);
  t.equal(memoryWanted(settings), 2048 + 3 * 1024);
});

t.test("three, smaller, behind a load balancer", async (t) => {
  const settings = { directory: "/x", program: "vagrant", ...settingsFrom({ DRYDOCK_HA: "1" }) };
  t.strictSame(machineNames(settings), ["lb", "cp1", "cp2", "cp3", "w1", "w2"]);
  t.equal(memoryWanted(settings), 384 + 3 * 1280 + 2 * 1024);
  t.equal(settingsFrom({ DRYDOCK_HA: "0" }).highlyAvailable, false);
});
