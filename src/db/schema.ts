export * from '../features/contact/table.ts'
export * from '../features/idempotency/table.ts'
export * from '../features/limits/table.ts'
export * from '../features/mail/table.ts'
