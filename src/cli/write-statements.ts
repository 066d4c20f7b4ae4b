import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Written } from '../db/written.ts'
import './app-in-node.ts'

// The SQL of hot reads is written here with Drizzle, so that the Worker need not do it.

const FOLDER = join(import.meta.dirname, '../../dist')
const FILE = join(FOLDER, 'statements.js')

const write = (statements: Record<string, Written>) =>
  writeFile(FILE, `export const statements = ${JSON.stringify(statements, null, 2)}\n`)

await mkdir(FOLDER, { recursive: true })
// The app imports the file that it is about to be read for.
if (!existsSync(FILE)) await write({})
await import('../app.ts')
const { writeAll } = await import('../db/built.ts')
await write(writeAll())
