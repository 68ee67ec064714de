import t from "tap";
import { channels, commandEnd, message } from "./channels.ts";

t.test("messages begin with their channel", async (t) => {
  t.same(message(channels.stdin, Buffer.from("hi")), Buffer.from("\u0000hi"));
  t.equal(message(channels.resize, "{}")[0], 4);
});

t.test("how a command ended", async (t) => {
  t.same(commandEnd('{"status":"Success"}'), { type: "exited", code: 0 });
  const nonZero = {
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "7" }] },
  };
  t.same(commandEnd(JSON.stringify(nonZero)), { type: "exited", code: 7 });
  t.same(commandEnd('{"status":"Failure","message":"no such program"}'), { type: "failed", text: "no such program" });
});
