import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api'
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, it } from 'vitest'
import * as z from 'zod/mini'
import { LATEST_MIGRATION } from '../../src/db/migration.ts'
import * as schema from '../../src/db/schema.ts'
import { misnumbered, violations } from './migration-rules.ts'

const FOLDER = join(import.meta.dirname, '../../migrations')

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .sort()
const migrations = new Map(names.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]))

const readMeta = (file: string): unknown =>
  JSON.parse(readFileSync(join(FOLDER, 'meta', file), 'utf8'))
const Journal = z.object({ entries: z.array(z.object({ idx: z.int(), tag: z.string() })) })
const journal = Journal.parse(readMeta('_journal.json')).entries.map((entry) => entry.tag)

const PLANTED: [rule: string, sql: string, says: string][] = [
  ['a table without STRICT', 'CREATE TABLE `a` (`id` integer PRIMARY KEY NOT NULL);', 'not STRICT'],
  ['STRICT in a comment only', 'CREATE TABLE a (id integer) -- STRICT\n;', 'not STRICT'],
  ['STRICT as a column only', 'CREATE TABLE a (id integer, strict text);', 'not STRICT'],
  ['a dropped table', 'drop table `contact_messages`;', 'drops a table'],
  ['a renamed table', 'ALTER TABLE `a` RENAME TO `b`;', 'renames a table'],
  ['a rebuild', 'CREATE TABLE `__new_a` (`id` integer) STRICT;', 'rebuilds a table'],
  ['foreign keys switched off', 'PRAGMA foreign_keys=OFF;', 'turns a safeguard off'],
  ['foreign keys put off', 'PRAGMA defer_foreign_keys = true;', 'turns a safeguard off'],
]

const WELCOME = [
  'CREATE TABLE `a` (`id` integer PRIMARY KEY NOT NULL) STRICT;',
  'CREATE TABLE a (k text PRIMARY KEY) STRICT, WITHOUT ROWID;',
  'CREATE TABLE a (k text PRIMARY KEY) WITHOUT ROWID, STRICT;',
  'CREATE VIRTUAL TABLE `a_fts` USING fts5(title);',
  'ALTER TABLE `a` ADD `note` text;',
  '-- DROP TABLE a\nCREATE INDEX a_b ON a (b);',
]

describe('what a migration may hold', () => {
  it.for(PLANTED)('refuses %s', ([, sql, says], { expect }) => {
    expect(violations(new Map([['0001_planted.sql', sql]]))).toEqual([
      expect.stringContaining(says),
    ])
  })

  it('lets through what only adds', ({ expect }) => {
    expect(WELCOME.flatMap((sql) => violations(new Map([['0001_planted.sql', sql]])))).toEqual([])
  })

  it('finds nothing to refuse in migrations', ({ expect }) => {
    expect(names.length).toBeGreaterThan(0)
    expect(violations(migrations)).toEqual([])
  })
})

describe('the row of migrations', () => {
  it('notices a skipped number, a lost file and one that drizzle-kit does not know', ({
    expect,
  }) => {
    expect(misnumbered(['0000_a.sql', '0002_b.sql'], ['0000_a', '0002_b'])).toHaveLength(1)
    expect(misnumbered(['0000_a.sql'], ['0000_a', '0001_b'])).toEqual(['0001_b.sql is missing'])
    expect(misnumbered(['0000_a.sql', '0001_b.sql'], ['0000_a'])).toHaveLength(1)
  })

  it('has one number after the other, all in the journal', ({ expect }) => {
    expect(misnumbered(names, journal)).toEqual([])
  })

  it('ends with the migration that readiness asks for', ({ expect }) => {
    expect(LATEST_MIGRATION).toBe(names.at(-1))
  })
})

describe('schema and migrations', () => {
  it('leave drizzle-kit nothing to generate', async ({ expect }) => {
    const latest = readMeta(`${String(names.length - 1).padStart(4, '0')}_snapshot.json`)
    const wanted = await generateSQLiteDrizzleJson({ ...schema }, undefined, 'snake_case')
    expect(await generateSQLiteMigration(latest as typeof wanted, wanted)).toEqual([])
  })

  it('differ when a table has no migration', async ({ expect }) => {
    const planted = sqliteTable('planted', { id: integer().primaryKey() })
    const before = await generateSQLiteDrizzleJson({ ...schema }, undefined, 'snake_case')
    const after = await generateSQLiteDrizzleJson({ ...schema, planted }, undefined, 'snake_case')
    expect(await generateSQLiteMigration(before, after)).toHaveLength(1)
    expect(shapeOf(['create table a (b text)'])).not.toEqual(
      shapeOf(['create table a (b integer)']),
    )
  })

  it('make the same tables', async ({ expect }) => {
    const fresh = await generateSQLiteMigration(
      await generateSQLiteDrizzleJson({}, undefined, 'snake_case'),
      await generateSQLiteDrizzleJson({ ...schema }, undefined, 'snake_case'),
    )
    const written = shapeOf([...migrations.values()])
    expect(written).toEqual(shapeOf(fresh))
    expect(Object.keys(written)).toContain('outbox')
  })
})

/** Columns, indexes and foreign keys by table, as SQLite understands them. */
function shapeOf(scripts: string[]) {
  const db = new DatabaseSync(':memory:')
  for (const script of scripts) db.exec(script)
  const tables = db
    .prepare("select name from pragma_table_list where type = 'table' and name not like 'sqlite_%'")
    .all()
  const shapes = tables.map(({ name }) => [
    name,
    {
      columns: db.prepare('select * from pragma_table_xinfo(?) order by cid').all(String(name)),
      keys: db
        .prepare(
          'select "from", "table", "to", on_delete, on_update from pragma_foreign_key_list(?) order by 1',
        )
        .all(String(name)),
      indexes: db
        .prepare(
          "select name, sql from sqlite_schema where type = 'index' and tbl_name = ? and sql is not null order by name",
        )
        .all(String(name)),
    },
  ])
  db.close()
  return Object.fromEntries(shapes)
}
