export { quoteCart } from './quote.ts'
export { recallCheckout, startCheckout } from './start.ts'
export { expireOrders, resolveCheckouts } from './sweep.ts'
export { pagesOf } from './terms.ts'
