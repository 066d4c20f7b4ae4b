/** In the place of each resource of Stripe's library that is not called. */
export function nothing(): void {}
