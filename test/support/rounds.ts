declare const __ROUNDS__: number

/** How often an expensive figure is run: all of it in `npm run test:full`, a tenth in `npm test`. */
export const rounds = (full: number): number => Math.max(1, Math.round(full * __ROUNDS__))

/** Whether everything is run that could be. */
export const isFull = __ROUNDS__ >= 1
