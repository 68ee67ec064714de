import t from "tap";
import { chooseProvider, memoryAvailable } from "./preflight.ts";

const libvirt = "vagrant-libvirt (0.11.2, system)\n";

t.test("the provider that is asked for, else the first that is here", async (t) => {
  t.equal(
    chooseProvider(undefined, libvirt, () => true),
    "libvirt",
  );
  t.equal(
    chooseProvider("virtualbox", libvirt, () => true),
    "virtualbox",
  );
  t.equal(
    chooseProvider("virtualbox", libvirt, () => false),
    undefined,
  );
  t.equal(
    chooseProvider(undefined, "No plugins installed.", () => false),
    undefined,
  );
  // A plugin whose name begins alike is another one.
  t.equal(
    chooseProvider("libvirt", "vagrant-libvirt-extras (1.0)", () => false),
    undefined,
  );
});

t.test("memory that is free for the asking", async (t) => {
  t.equal(memoryAvailable("MemTotal:  100 kB\nMemAvailable:    2097152 kB\n"), 2048);
  t.equal(memoryAvailable(""), undefined);
});
