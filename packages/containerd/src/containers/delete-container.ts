import type { ContainerdServices } from "../api/services.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import { deleteTask } from "../tasks/delete-task.ts";

/** Ends what runs of it, and removes record and root file system. Idempotent. */
export async function deleteContainer(services: ContainerdServices, id: string, snapshotter: string): Promise<void> {
  await deleteTask(services, id);
  await ignoringMissing(services.containers.delete({ id }));
  await ignoringMissing(services.snapshots.remove({ snapshotter, key: id }));
}
