// fails at diagnose: says nothing of m
console.log("cluster nospace");
