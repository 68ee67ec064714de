// fails at apply: did not say "listening"
console.log('{"item":{"name":"a","fields":{},"version":1},"created":true}');
