/** The same names in every database, so that loading twice changes nothing. */
export const demoUid = (kind: string, index: number): string =>
  `01900000-0000-7000-8000-${kind}${index.toString().padStart(10, '0')}`
