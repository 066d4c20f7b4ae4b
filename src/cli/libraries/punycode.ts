// In the place of the package punycode.js: the runtime's own URL knows how the names of hosts are written.

const ASCII = /^\p{ASCII}*$/u

/** Throws a TypeError when it cannot be the name of a host, which leaves the address as it was. */
const toASCII = (host: string): string =>
  ASCII.test(host) ? host : new URL(`http://${host}`).hostname

/** Shown as it is written in the address: letters of other scripts could pass for those of a known name. */
const toUnicode = (host: string): string => host

export default { toASCII, toUnicode }
