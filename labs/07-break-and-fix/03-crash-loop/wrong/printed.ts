// fails at diagnose: says nothing of
console.log("shop-x/cart command httpd");
