type Cell = string | number | null

/** A line of a CSV file (RFC 4180). */
export const csvLine = (cells: Cell[]): string => `${cells.map(cellOf).join(',')}\r\n`

/**
 * A cell that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function cellOf(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

// Spreadsheets drop white space in front and know the full-width forms.
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/
const QUOTED = /[",\r\n\t']/
