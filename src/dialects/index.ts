import { eterno } from './eterno/index.ts'
import { fastapiTemplate } from './fastapi-template/index.ts'
import { type Dialect, operationsOf } from './mount.ts'
import { onedna } from './onedna.ts'

export { mountDialect, pathOf } from './mount.ts'

/** Every existing front end that is served unchanged: one line each. */
export const dialects: Dialect[] = [fastapiTemplate, eterno, onedna]

/** What all of them answer to, for the rules that no operation escapes. */
export const dialectOperations = dialects.flatMap(operationsOf)
