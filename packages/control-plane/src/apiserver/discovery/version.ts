/** The release of Kubernetes whose API conventions we follow; kubectl compares it with its own. */
const major = "1";
const minor = "35";

export function versionInfo(): object {
  return {
    major,
    minor,
    gitVersion: `v${major}.${minor}.0+drydock`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: `node${process.versions.node}`,
    compiler: "node",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}
