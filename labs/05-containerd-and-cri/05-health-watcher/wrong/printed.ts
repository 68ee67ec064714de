// fails at restarted: does not run again
console.log("ready");
