// Modules of Node when they are first needed: an import of them is a good part of a start.
type NodeCrypto = typeof import('node:crypto')
type NodeZlib = typeof import('node:zlib')

export const nodeCrypto = (): NodeCrypto => process.getBuiltinModule('node:crypto')
export const nodeZlib = (): NodeZlib => process.getBuiltinModule('node:zlib')
