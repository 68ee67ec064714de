// fails at put: after put
console.log('{"revision":3}');
