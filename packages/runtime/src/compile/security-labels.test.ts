import { labelFiles } from "@drydock/linux";
import t from "tap";
import { labelFilesFor } from "../config/security-labels.ts";
import { openLabels, writeLabels } from "./security-labels.ts";

const process = {
  cwd: "/",
  args: ["true"],
  apparmorProfile: "box",
  selinuxLabel: "system_u:system_r:container_t:s0:c1,c2",
};
const files = { appArmor: "/proc/self/attr/apparmor/exec", seLinux: "/proc/self/attr/exec" };

t.test("labels are opened on the host and written for execve", async (t) => {
  t.match(openLabels(process, files), [
    { name: "openat", args: [{}, "/proc/self/attr/apparmor/exec"], result: "appArmor" },
    { name: "openat", args: [{}, "/proc/self/attr/exec"], result: "seLinux" },
  ]);
  t.match(writeLabels(process, files), [
    { name: "write", args: [{ resultOf: "appArmor" }, "exec box", 8] },
    { name: "write", args: [{ resultOf: "seLinux" }, "system_u:system_r:container_t:s0:c1,c2", 38] },
  ]);
  t.same(openLabels({ cwd: "/", args: ["true"] }, files), [], "nothing is asked for");
});

t.test("what is not in force on this kernel is refused by name", async (t) => {
  const { appArmor, seLinux } = labelFiles();
  if (appArmor === undefined) {
    t.throws(() => labelFilesFor({ ...process, selinuxLabel: "" }, undefined), {
      message: /^process\.apparmorProfile: /,
    });
    const unconfined = { ...process, apparmorProfile: "unconfined", selinuxLabel: "" };
    t.same(writeLabels(unconfined, labelFilesFor(unconfined, undefined)), [], "as all processes of such a kernel are");
  }
  if (seLinux === undefined) {
    t.throws(() => labelFilesFor({ ...process, apparmorProfile: "" }, undefined), {
      message: /^process\.selinuxLabel: /,
    });
    t.throws(() => labelFilesFor({ cwd: "/", args: [] }, { mountLabel: "x" }), { message: /^linux\.mountLabel: / });
  }
  t.equal(
    labelFilesFor({ cwd: "/", args: [] }, { mountLabel: "" }),
    undefined,
    "who asks for nothing gets it anywhere",
  );
});
