import { parse } from 'acorn'
import MagicString from 'magic-string'

// V8 skims a script when it loads it: of most functions it reads an outline only, and at their first
// call it reads them again. Two things of that cost a start more than they need.
// - What every start calls is read twice. A function in parentheses is compiled when it is first read
//   (https://v8.dev/blog/preparser#pife).
// - An arrow function that stands in no other function is not skimmed but read whole, called or not,
//   which takes twice as long.

/** Where a function stands in its script, in UTF-16 units. */
export const placeOf = (start: number, end: number): string => `${start}-${end}`

type Node = { type: string; start: number; end: number; [key: string]: unknown }
type Arrow = Node & { params: Node[]; body: Node }

/** Kinds of nodes that have a `this` of their own. */
const OWN_THIS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'PropertyDefinition',
  'StaticBlock',
])

/**
 * The same module, in which V8 compiles functions at the given places when it loads it, and skims
 * arrow functions. Throws a SyntaxError for what is no module.
 */
export function arrange(script: string, used: ReadonlySet<string>): MagicString {
  const arranged = new MagicString(script)
  visit(read(script), { isInside: false })
  read(arranged.toString())
  return arranged

  function visit(node: Node, { parent, isInside }: { parent?: Node; isInside: boolean }): void {
    const isArrow = node.type === 'ArrowFunctionExpression'
    // From inside out: where two functions end, the inner one is closed first.
    for (const child of childrenOf(node)) {
      visit(child, { parent: node, isInside: isInside || isArrow || OWN_THIS.has(node.type) })
    }
    if (used.has(placeOf(node.start, node.end))) compileEarly(node, parent)
    else if (isArrow && !isInside && !usesOuter(node)) toFunction(node as Arrow)
  }

  function compileEarly(node: Node, parent: Node | undefined): void {
    if (node.type === 'FunctionDeclaration' && parent?.type === 'Program') {
      const { name, start, end } = node.id as Node & { name: string }
      arranged.remove(start, end)
      arranged.prependRight(node.start, `var ${name}=(`).appendLeft(node.end, ');')
      // A declared function may be called above its line, and a variable's only below.
      if (node.start > 0) arranged.move(node.start, node.end, 0)
    } else if (isExpression(node, parent)) {
      arranged.prependRight(node.start, '(').appendLeft(node.end, ')')
    }
  }

  function toFunction({ start, end, async, params, body }: Arrow): void {
    const paramsAt = skipSpace(script, async ? start + 'async'.length : start)
    const isBare = script[paramsAt] !== '('
    const space = /[\w$]/.test(script[paramsAt - 1] ?? '') ? ' ' : ''
    arranged.prependRight(paramsAt, `${space}function${isBare ? '(' : ''}`)
    const signAt = script.indexOf('=>', params.at(-1)?.end ?? paramsAt)
    const isBlock = body.type === 'BlockStatement'
    // A line's end behind `return` would end it.
    const bodyAt = skipSpace(script, signAt + '=>'.length)
    arranged.update(signAt, bodyAt, `${isBare ? ')' : ''}${isBlock ? '' : '{return '}`)
    if (!isBlock) arranged.appendLeft(end, '}')
  }
}

const read = (script: string): Node =>
  parse(script, { ecmaVersion: 'latest', sourceType: 'module' }) as unknown as Node

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

/** Methods are functions for the parser, and may not stand in parentheses. */
const isExpression = (node: Node, parent: Node | undefined): boolean =>
  node.type === 'ArrowFunctionExpression' ||
  (node.type === 'FunctionExpression' &&
    parent?.type !== 'MethodDefinition' &&
    !(parent?.type === 'Property' && (parent.method || parent.kind !== 'init')))

/** Whether it says what an arrow function has from around it, and another function of its own. */
const usesOuter = (node: Node): boolean =>
  node.type === 'ThisExpression' ||
  (node.type === 'Identifier' && node.name === 'arguments') ||
  (!OWN_THIS.has(node.type) && childrenOf(node).some(usesOuter))

const skipSpace = (script: string, from: number): number =>
  from + script.slice(from, from + 100).search(/\S|$/)
