#!/usr/bin/env node
// fails at wrapped: could not create
console.log('{"command":"create"}');
