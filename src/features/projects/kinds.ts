export const PROJECT_STATUSES = ['draft', 'published'] as const
export type ProjectStatus = (typeof PROJECT_STATUSES)[number]
