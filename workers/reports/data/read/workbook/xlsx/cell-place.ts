/** A column's place from 0, by its letters: A is 0, AA is 26. */
export function columnOf(letters: string): number {
  let column = 0;
  for (let at = 0; at < letters.length; at += 1) column = column * 26 + letters.charCodeAt(at) - 64;
  return column - 1;
}

/** The column of a cell's name, such as `AB12`, from 0; -1 for what is no such name. */
export function columnOfCell(name: string): number {
  let column = 0;
  let at = 0;
  for (; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code < 65 || code > 90) break;
    column = column * 26 + code - 64;
  }
  return at === 0 || at > 3 || at === name.length ? -1 : column - 1;
}
