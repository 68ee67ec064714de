/** The version of drydock itself. A test holds it against package.json, which is not read when a command starts. */
export const version = "0.1.0";
