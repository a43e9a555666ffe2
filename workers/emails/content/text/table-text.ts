/** Cells behind these are added to the last one. */
const MAX_COLUMNS = 50;
/** A cell below which no other has to stand may be longer than its column. */
const MAX_WIDTH = 60;
const GAP = '   ';

interface Cell {
  words: string[];
  column: number;
  span: number;
}

/** A table of data whose columns stand below each other. */
export class TableText {
  readonly #rows: Cell[][] = [];
  /** For each column how many of the next rows have a cell from above there. */
  #covered = new Uint32Array(MAX_COLUMNS);
  #column = 0;
  #cell: Cell | undefined;

  startRow(): void {
    this.#rows.push([]);
    this.#column = 0;
    this.#cell = undefined;
  }

  /** Starts a cell over so many columns and rows; what is written next stands in it. */
  startCell(columns: number, rows: number): void {
    if (this.#rows.length === 0) this.startRow();
    while (this.#column < MAX_COLUMNS && (this.#covered[this.#column] ?? 0) > 0) this.#cover(this.#column, -1);
    if (this.#column >= MAX_COLUMNS && this.#cell) {
      this.words(' ');
      return;
    }
    const column = Math.min(this.#column, MAX_COLUMNS - 1);
    const span = Math.min(columns, MAX_COLUMNS - column);
    this.#cell = { words: [], column, span };
    this.#rows.at(-1)?.push(this.#cell);
    for (let at = column; at < column + span; at += 1) this.#covered[at] = rows;
    while (this.#column < column + span) this.#cover(this.#column, -1);
  }

  #cover(column: number, by: number): void {
    this.#covered[column] = Math.max(0, (this.#covered[column] ?? 0) + by);
    this.#column += 1;
  }

  /** Adds words to the cell; what stands between cells is left out, as browsers put it outside of the table. */
  words(text: string): void {
    if (text !== '') this.#cell?.words.push(text);
  }

  /** The table, a line a row. */
  *lines(): Iterable<string> {
    const rows = this.#rows.map((row) => row.map((cell) => ({ ...cell, text: textOf(cell) })));
    const widths = new Array<number>(MAX_COLUMNS).fill(0);
    for (const { column, span, text } of rows.flat()) {
      if (span === 1) widths[column] = Math.max(widths[column] ?? 0, Math.min(text.length, MAX_WIDTH));
    }
    const starts = widths.map((_, column) =>
      widths.slice(0, column).reduce((sum, width) => sum + width + (width > 0 ? GAP.length : 0), 0),
    );
    for (const row of rows) {
      let line = '';
      for (const { column, text } of row) {
        if (text !== '') line = (line && `${line}${GAP}`).padEnd(starts[column] ?? 0) + text;
      }
      if (line !== '') yield line;
    }
  }
}

const textOf = ({ words }: Cell): string => words.join('').trim().replace(/\s+/g, ' ');
