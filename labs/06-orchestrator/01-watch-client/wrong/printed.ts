// fails at follow: there is no watch open
console.log('{"type":"ADDED","name":"a","value":"1"}');
setInterval(() => {}, 1000);
