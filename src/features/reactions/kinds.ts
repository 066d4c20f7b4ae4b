export type { Reaction } from '../../core/reactions.ts'
