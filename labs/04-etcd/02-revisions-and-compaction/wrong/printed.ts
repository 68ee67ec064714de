// fails at at: printed
console.log('{"value":"x","revision":2,"versions":[],"complete":true}');
