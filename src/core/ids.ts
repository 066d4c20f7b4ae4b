import { uuidv7 } from 'uuidv7'

/** A UUIDv7: names a row in public and orders by time. Never a secret: 74 random bits at most. */
export const newUid = (): string => uuidv7()
