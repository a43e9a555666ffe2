import type { InputBlock } from '../input/blocks.ts';
import { type Column, isOfPictures } from '../input/columns.ts';
import type { CellPicture } from '../input/image.ts';
import { cellValue, isInline, isNoPicture, type Row } from '../input/table.ts';
import type { ReportInput } from '../report-input.ts';

type TableBlock = Extract<InputBlock, { type: 'table' }>;

/** Names the pictures of one column: the same picture has the same text, and different ones have different texts. */
function createNames({ key, title }: Column) {
  const texts = new Map<string, Map<string | undefined, string>>();
  const pictures = new Map<string, string>();
  return {
    pictures,
    textOf(content: string, alt: string | undefined): string {
      const known = texts.get(content) ?? new Map<string | undefined, string>();
      texts.set(content, known);
      const found = known.get(alt);
      if (found !== undefined) return found;
      let text = alt ?? `${title || key} ${pictures.size + 1}`;
      for (let count = 2; pictures.has(text); count += 1) text = `${alt ?? key} (${count})`;
      known.set(alt, text);
      pictures.set(text, content);
      return text;
    },
  };
}

/** A table whose columns of pictures have texts, and the pictures that stand in their place. */
function nameTable<Table extends TableBlock>(table: Table): Table {
  const { columns = [], rows } = table;
  if (!columns.some(isOfPictures) || !isInline(rows)) return table;
  const named = new Map(columns.filter(isOfPictures).map((column) => [column.key, createNames(column)]));
  const nameRow = (row: Row): Row => {
    const texts = Array.from(named, ([key, names]) => {
      const cell = cellValue(row, key);
      if (isNoPicture(cell)) return [key, null];
      const picture = typeof cell === 'string' ? { content: cell } : (cell as Exclude<CellPicture, string>);
      // Those that lie elsewhere were fetched before.
      return [key, 'content' in picture ? names.textOf(picture.content, picture.alt) : null];
    });
    return { ...row, ...Object.fromEntries(texts) };
  };
  const shown = rows.map(nameRow);
  const withPictures = columns.map((column): Column => {
    const names = named.get(column.key);
    return names ? { ...column, type: 'text', pictures: Object.fromEntries(names.pictures) } : column;
  });
  return { ...table, columns: withPictures, rows: shown };
}

const nameBlocks = <Some extends InputBlock>(blocks: Some[]): Some[] =>
  blocks.map((block): Some => {
    if (block.type === 'table') return nameTable(block) as Some;
    return block.type === 'columns' ? { ...block, columns: block.columns.map(nameBlocks) } : block;
  });

/** Returns a report whose cells with pictures have texts: what they show, or else the column's title with a number. */
export function nameCells(input: ReportInput): ReportInput {
  if (input.template !== 'document') return input;
  return { ...input, data: { ...input.data, blocks: nameBlocks(input.data.blocks) } };
}
