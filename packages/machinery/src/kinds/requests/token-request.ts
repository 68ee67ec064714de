import { type Static, Type } from "@sinclair/typebox";
import { atomicList, dateTime, definitions, int64, objectSchema, text } from "../define.ts";
import type { RequestBody } from "./request-body.ts";

const type = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
const authentication = definitions("io.k8s.api.authentication.v1");

const schema = objectSchema(type, "io.k8s.api.authentication.v1", "Asks for a token of a service account.", {
  spec: Type.Optional(
    authentication("TokenRequestSpec", "What the token is to be good for.", {
      audiences: Type.Optional(atomicList(Type.String(), "Who will be shown the token; the API server when empty.")),
      expirationSeconds: Type.Optional(int64("How long it should be good; at least 600.", { default: 3600 })),
      boundObjectRef: Type.Optional(
        authentication("BoundObjectReference", "The object that the token ends with.", {
          kind: Type.Optional(text("Pod, Secret or Node.")),
          apiVersion: Type.Optional(text("Version of the object.")),
          name: Type.Optional(text("Name of the object.")),
          uid: Type.Optional(text("UID of the object.")),
        }),
      ),
    }),
  ),
  status: Type.Optional(
    authentication("TokenRequestStatus", "The token.", {
      token: text("The token."),
      expirationTimestamp: dateTime("When it ends."),
    }),
  ),
});

/** POST serviceaccounts/NAME/token: `kubectl create token`. */
export const TokenRequest: RequestBody = { ...type, schema };
export type TokenRequest = Static<typeof schema>;
