export type { Reaction } from '../../core/reactions.ts'
export type { Thing } from '../../core/things.ts'
