// fails at made: has 0 buckets
console.log("bucket made, key written");
setInterval(() => {}, 1000);
