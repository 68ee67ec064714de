import t from "tap";
import { progressOf } from "./progress.ts";

t.test("what vagrant says becomes progress of a machine; the rest is noise", async (t) => {
  t.same(progressOf("==> w1: Machine booted and ready!"), { machine: "w1", text: "answers" });
  t.same(progressOf("==> cp1: Running provisioner: control-plane (shell)..."), {
    machine: "cp1",
    text: "is provisioned: control-plane",
  });
  t.same(progressOf("cp1: node: cp1 runs its agent; containers by containerd"), {
    machine: "cp1",
    text: "cp1 runs its agent; containers by containerd",
  });
  t.equal(progressOf("Progress: 10%"), undefined);
  t.equal(progressOf("==> w1:  -- Memory:            1024M"), undefined);
});
