/**
 * node kubectl.ts get KIND [NAME…] [-o json|name]     a table; with -o the object as the server sent it, or a List of several; "pods/NAME" lines
 * node kubectl.ts get KIND -w [-o name]               the same, and then a line for each change, until nobody reads it any more
 * node kubectl.ts apply -f FILE|-                     JSON, one object or a List: "pods/NAME created|configured|unchanged"
 * node kubectl.ts delete KIND NAME…                   "pods/NAME deleted"
 *
 * The server is $SERVER (http://127.0.0.1:8080). KIND is any name of a kind that the server has. What a program may want to read is on standard output,
 * all else on standard error: "Error from server (NotFound): …", "error: …". Exit code: 0 done, 1 something failed, 2 wrong usage.
 */
const server = process.env.SERVER ?? "http://127.0.0.1:8080";

const [verb, kind, name = ""] = process.argv.slice(2);
if (verb === "get") {
  const response = await fetch(`${server}/apis/${kind}/${name}`);
  const { items } = (await response.json()) as { items: { metadata: { name: string } }[] };
  console.log("NAME");
  for (const { metadata } of items) console.log(metadata.name);
}
