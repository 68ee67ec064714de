// fails at masks: expected
console.log(JSON.stringify({ blocked: [], ignored: ["SIGHUP", "SIGUSR2"], caught: [] }));
