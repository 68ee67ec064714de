import t from "tap";
import { loadOrder, moduleDepends } from "./module-order.ts";

t.test("reads what a module needs from its .modinfo section", async (t) => {
  t.same(moduleDepends(Buffer.from("\x7fELF…license=GPL\0depends=virtio,virtio_ring\0retpoline=Y\0")), [
    "virtio",
    "virtio_ring",
  ]);
  t.same(moduleDepends(Buffer.from("license=GPL\0depends=\0")), []);
  t.same(moduleDepends(Buffer.from("no such section")), []);
});

t.test("loads each module once, after what it needs", async (t) => {
  const depends = new Map([
    ["virtiofs", ["fuse", "virtio"]],
    ["virtio", ["virtio_ring"]],
    ["virtio_ring", []],
    ["fuse", []],
  ]);
  t.same(loadOrder(["virtio", "virtiofs"], depends), ["virtio_ring", "virtio", "fuse", "virtiofs"]);
  t.throws(() => loadOrder(["nfs"], depends), { message: "kernel module nfs is not there" });
});
