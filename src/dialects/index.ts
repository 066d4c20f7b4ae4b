import { eterno } from './eterno/index.ts'
import { fastapiTemplate } from './fastapi-template/index.ts'
import type { Dialect } from './mount.ts'
import { onedna } from './onedna.ts'
import { portfolio } from './portfolio/index.ts'
import { restAngular } from './rest-angular/index.ts'

/** Every existing front end that is served unchanged. */
export const dialects: Dialect[] = [fastapiTemplate, eterno, portfolio, restAngular, onedna]
