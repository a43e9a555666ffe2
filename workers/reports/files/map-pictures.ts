import type { InputBlock } from '../input/blocks.ts';
import { type Column, isOfPictures } from '../input/columns.ts';
import type { CellPicture, PictureSource } from '../input/image.ts';
import { isInline, isNoPicture, type Row } from '../input/table.ts';
import type { ReportInput } from '../report-input.ts';

/** Answers what stands in the place of a picture; `pointer` leads to it in the request, `name` says which one it is. */
export type VisitPicture = (source: PictureSource, pointer: string, name: string) => PictureSource;

type TableBlock = Extract<InputBlock, { type: 'table' }>;

/** A part of a pointer (RFC 6901). */
const toPart = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Columns whose texts have pictures, with what `visit` makes of these. */
function mapColumns(columns: Column[], visit: VisitPicture, place: string): Column[] {
  return columns.map((column, index) => {
    if (!column.pictures) return column;
    const pictures = Object.entries(column.pictures).map(([text, picture]) => {
      const pointer = `${place}/columns/${index}/pictures/${toPart(text)}`;
      const source = typeof picture === 'string' ? { content: picture } : picture;
      const made = visit(source, pointer, `The picture at ${pointer}`);
      return [text, 'content' in made ? made.content : made] as const;
    });
    return { ...column, pictures: Object.fromEntries(pictures) };
  });
}

/** A table with its pictures, those of the cells included. */
function mapTable(table: TableBlock, visit: VisitPicture, place: string): TableBlock {
  const { columns, rows } = table;
  if (!columns) return table;
  const keys = columns.filter(isOfPictures).map(({ key }) => key);
  const mapped = { ...table, columns: mapColumns(columns, visit, place) };
  if (keys.length === 0 || !isInline(rows)) return mapped;
  const mapRow = (row: Row, index: number): Row => {
    const own = keys.filter((key) => Object.hasOwn(row, key) && !isNoPicture(row[key]));
    const made = own.map((key) => {
      const cell = row[key] as CellPicture;
      const { alt, ...source } = typeof cell === 'string' ? { content: cell } : { alt: undefined, ...cell };
      const pointer = `${place}/rows/${index}/${toPart(key)}`;
      return [key, { ...visit(source, pointer, `The picture at ${pointer}`), ...(alt !== undefined && { alt }) }];
    });
    return { ...row, ...Object.fromEntries(made) };
  };
  return { ...mapped, rows: rows.map(mapRow) };
}

function mapBlocks<Some extends InputBlock>(blocks: Some[], visit: VisitPicture, pointer: string): Some[] {
  return blocks.map((block, index): Some => {
    const place = `${pointer}/${index}`;
    if (block.type === 'image') {
      return { ...block, source: visit(block.source, `${place}/source`, `The image at ${place}`) };
    }
    if (block.type === 'table') return mapTable(block, visit, place) as Some;
    if (block.type !== 'columns') return block;
    const columns = block.columns.map((column, at) => mapBlocks(column, visit, `${place}/columns/${at}`));
    return { ...block, columns };
  });
}

/** Returns a report with each of its pictures replaced by what `visit` makes of it. */
export function mapPictures(input: ReportInput, visit: VisitPicture): ReportInput {
  if (input.template === 'document') {
    return { ...input, data: { ...input.data, blocks: mapBlocks(input.data.blocks, visit, '/data/blocks') } };
  }
  if (input.template === 'invoice') {
    const { logo } = input.data;
    if (!logo) return input;
    const made = visit(logo, '/data/logo', 'The image at /data/logo');
    return { ...input, data: { ...input.data, logo: made } };
  }
  if (!input.data.columns) return input;
  return { ...input, data: { ...input.data, columns: mapColumns(input.data.columns, visit, '/data') } };
}
