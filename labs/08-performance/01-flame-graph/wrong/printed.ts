// fails at folded: there is no stack
console.log("main;work 1000");
