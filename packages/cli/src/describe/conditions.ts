import type { Condition } from "@drydock/machinery";
import { type Detail, tableDetail } from "../output/details.ts";

export function conditionsDetail(conditions: readonly Condition[] | undefined): Detail {
  return tableDetail(
    "Conditions",
    ["Type", "Status", "Reason", "Message"],
    (conditions ?? []).map(({ type, status, reason, message }) => [type, status, reason, message]),
  );
}
