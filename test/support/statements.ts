/** Every SQL statement that the Worker ran in this file's tests. */
export const seenStatements = new Set<string>()
