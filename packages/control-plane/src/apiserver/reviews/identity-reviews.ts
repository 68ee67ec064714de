import type { TokenReview, UserInfo } from "@drydock/machinery";
import { apiAudience, tokenUser } from "../pipeline/token-authenticator.ts";
import type { User } from "../rbac/user.ts";
import { badRequest } from "../status/refusals.ts";
import type { Question } from "./review.ts";

/** Who is the sender? (`kubectl auth whoami`) */
export function reviewSender({ user }: Question): object {
  return { userInfo: userInfo(user) };
}

/** Whose token is this, and for which of these audiences is it? */
export function reviewToken({ api, object }: Question<TokenReview>): object {
  const { token = "", audiences = [] } = object.spec;
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const asked = audiences.length > 0 ? audiences : [apiAudience];
  const known = asked.flatMap((audience) => {
    const user = tokenUser(api.tokens, token, audience);
    return user ? [{ audience, user }] : [];
  });
  const [first] = known;
  if (!first) return { authenticated: false, error: "invalid bearer token" };
  return { authenticated: true, user: userInfo(first.user), audiences: known.map(({ audience }) => audience) };
}

function userInfo({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups: [...groups],
    ...(extra ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) } : {}),
  };
}
