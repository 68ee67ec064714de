import { type Static, Type } from "@sinclair/typebox";
import { dateTime, int64, oneOf, text } from "./define.ts";

/** The fields that every condition has; kinds add their own. */
export const conditionFields = {
  type: text("What is stated: each type occurs once."),
  status: oneOf(["True", "False", "Unknown"], "Whether it holds."),
  reason: Type.Optional(text("One word, for machines: why it was set to this status.")),
  message: Type.Optional(text("A sentence for people.")),
  lastTransitionTime: Type.Optional(dateTime("When the status changed last.")),
};

const observedGeneration = Type.Optional(
  int64("Generation of the object that the condition was computed from.", { minimum: 0 }),
);

export const observedConditionFields = { ...conditionFields, observedGeneration };

const ConditionStatusSchema = conditionFields.status;
export type ConditionStatus = Static<typeof ConditionStatusSchema>;
