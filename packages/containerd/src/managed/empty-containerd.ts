import { connectContainerd } from "../connect-containerd.ts";

/** Ends every container of every namespace, so that no shim, mount or cgroup is left when the daemon goes. */
export async function emptyContainerd(socket: string): Promise<void> {
  const admin = await connectContainerd({ socket, namespace: "default" });
  const { namespaces } = await admin.services.namespaces.list({ filter: "" });
  admin.close();
  for (const { name } of namespaces) {
    const client = await connectContainerd({ socket, namespace: name });
    try {
      // Tasks without a container are what a crash leaves; both are gone through.
      for (const { id } of await client.tasks.list()) await client.tasks.delete(id);
      for (const { id } of await client.containers.list()) await client.containers.delete(id);
    } finally {
      client.close();
    }
  }
}
