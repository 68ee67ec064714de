/** What a check sees of our environment: a verdict must not depend on what else a learner, or a test runner, has set (NODE_OPTIONS …). */
export function checkEnvironment(): Record<string, string> {
  const { PATH = "", HOME = "/root", LANG = "C.UTF-8" } = process.env;
  return { PATH: PATH.includes("/sbin") ? PATH : `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`, HOME, LANG, TERM: "dumb" };
}
