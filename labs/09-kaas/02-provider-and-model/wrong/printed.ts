// fails at create: the cloud has
console.log('{"id":"c1","name":"a","nodes":3,"state":"active"}');
