// fails at diagnose: says nothing of
console.log("shop-x/cart tag 1.0.0");
