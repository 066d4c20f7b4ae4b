const STATEMENTS: [pattern: RegExp, reason: string][] = [
  [/\bdrop\s+table\b/i, 'drops a table'],
  [/\balter\s+table\s+\S+\s+rename\s+to\b/i, 'renames a table'],
  [/__new_/i, 'rebuilds a table'],
  [/\bpragma\s+(foreign_keys|defer_foreign_keys|writable_schema)\b/i, 'turns a safeguard off'],
]

// Virtual tables keep their own storage, which knows no STRICT.
const CREATE_TABLE = /\bcreate\s+table\b/i
const STRICT = /\)\s*(?:without\s+rowid\s*,\s*)?strict\b/i

/**
 * What released migrations must not hold, one sentence each. A rebuild deletes cascaded rows on D1
 * without a word, so tables only ever gain something.
 */
export function violations(files: Map<string, string>): string[] {
  return [...files].flatMap(([name, sql]) =>
    statementsOf(sql).flatMap((statement) => {
      const found = STATEMENTS.filter(([pattern]) => pattern.test(statement)).map(([, one]) => one)
      if (CREATE_TABLE.test(statement) && !STRICT.test(statement)) {
        found.push('creates a table that is not STRICT')
      }
      const start = statement.replace(/\s+/g, ' ').slice(0, 60)
      return found.map((reason) => `${name} ${reason}: ${start}`)
    }),
  )
}

function statementsOf(sql: string): string[] {
  return sql
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/** Numbers that are skipped or used twice, and files that the journal does not know. */
export function misnumbered(files: string[], journal: string[]): string[] {
  const expected = journal.map((tag) => `${tag}.sql`)
  return [
    ...files
      .filter((file) => !expected.includes(file))
      .map((file) => `${file} is not in the journal`),
    ...expected.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...expected
      .filter((file, index) => !file.startsWith(`${String(index).padStart(4, '0')}_`))
      .map((file) => `${file} has another number in the journal`),
  ]
}
