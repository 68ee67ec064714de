// fails at diagnose: says nothing of
console.log("configmaps/x-1 example.com/bucket gone");
