// fails at calls: openat: count is
console.log(
  JSON.stringify({
    calls: { openat: { count: 2, errors: 1 } },
    missing: ["/nowhere"],
    processes: [{ pid: 1, end: "exited 0" }],
  }),
);
