import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes `target` from `example`, with a random value for each setting that is empty there. A file
 * that exists keeps all its lines and gains those that it lacks.
 */
export function writeDevVars(example: string, target: string): void {
  const wanted = readFileSync(example, 'utf8').split('\n')
  const present = existsSync(target) ? readFileSync(target, 'utf8') : null
  const lines = present === null ? wanted : wanted.filter((line) => isMissing(line, present))
  if (lines.length === 0) return
  const added = lines.map((line) => (/^\w+=$/.test(line) ? line + randomSecret() : line)).join('\n')
  const start = present === null || present.endsWith('\n') ? (present ?? '') : `${present}\n`
  writeFileSync(target, `${start}${added}${added.endsWith('\n') ? '' : '\n'}`, { mode: 0o600 })
}

function isMissing(line: string, present: string): boolean {
  const name = /^(\w+)=/.exec(line)?.[1]
  return name !== undefined && !new RegExp(`^\\s*${name}\\s*=`, 'm').test(present)
}

/** 32 random bytes. */
const randomSecret = (): string => randomBytes(32).toString('base64url')
