// fails at identity: expected
console.log(
  JSON.stringify({
    pid: Number(process.argv[2]),
    name: "sleep",
    state: "S",
    parent: process.ppid,
    args: [],
    threads: 1,
    residentBytes: 1,
    files: [],
  }),
);
