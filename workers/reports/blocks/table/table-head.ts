import type { TableData } from '../../data/analyse/read-tables.ts';
import type { Fragment } from '../../layout/fragment.ts';
import { type Cell, createRow, type RowLook } from '../../layout/row.ts';
import { COLORS } from '../../layout/style.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { breakLines } from '../../text/lines.ts';
import { type ColumnGroup, groupColumns } from './column-groups.ts';
import type { TableLooks } from './table-looks.ts';
import type { PlannedColumn } from './table-plan.ts';
import { type ColumnPart, createTextRow, type RowTags, tagColumnHeader, tagTitles } from './text-row.ts';

/** The part of a table whose head is laid out. */
interface HeadPart extends ColumnPart {
  table: TableData;
  looks: TableLooks;
  tag: Tag | undefined;
}

/** Creates the header as it is on the first page, and as it is repeated: only the first is read aloud. */
export function createHeaders(part: HeadPart, gap: number): { first: Fragment; repeated: Fragment } {
  const groups = groupColumns(part.columns);
  const create = (tag: Tag | undefined): Fragment =>
    groups.length > 0
      ? createDoubleHeader(part, groups, tag)
      : createTitles(part, part.looks.header.look, tagTitles(tag));
  const tagged = create(part.tag);
  const repeated: Fragment = { ...create(undefined), gap, keep: true, part: 'header' };
  const draw: Fragment['draw'] = (canvas, x, y) => {
    for (const { code, message } of part.table.warnings) canvas.warn(code, message);
    tagged.draw(canvas, x, y);
  };
  return { first: { ...repeated, draw }, repeated };
}

function createTitles({ columns, width, looks }: HeadPart, look: RowLook, tags: RowTags | undefined): Fragment {
  const titles: string[] = [];
  for (const { index, title } of columns) titles[index] = title;
  return createTextRow({ columns, width }, titles, { ...looks.header, look, tags }).fragment;
}

/** What the cells of a header of two rows are. A title without a group is a cell of both, and stands in the first. */
interface HeadTags {
  /** Those of the first row, in the order in which they are read. */
  ordered: Tag[];
  groups: Tag[];
  singles: RowTags;
  titles: RowTags;
}

function tagHead({ columns }: HeadPart, groups: readonly ColumnGroup[], table: Tag): HeadTags {
  const row: Tag = { role: 'TR', parent: table };
  const groupTags = groups.map(
    ({ members }): Tag => ({ ...tagColumnHeader({ ColSpan: members.length }), parent: row }),
  );
  const singleTags = new Map<number, Tag>();
  const ordered = new Set<Tag>();
  for (const { index } of columns) {
    const group = groupTags[groups.findIndex(({ members }) => members.includes(index))];
    const tag = group ?? { ...tagColumnHeader({ RowSpan: 2 }), parent: row };
    if (!group) singleTags.set(index, tag);
    ordered.add(tag);
  }
  return {
    ordered: [...ordered],
    groups: groupTags,
    singles: { row, cell: () => tagColumnHeader(), tagOf: (column) => singleTags.get(column) },
    titles: { row: { role: 'TR', parent: table }, cell: () => tagColumnHeader() },
  };
}

/** Creates a header of two rows: the titles of groups above those of their columns. */
function createDoubleHeader(part: HeadPart, groups: readonly ColumnGroup[], tag: Tag | undefined): Fragment {
  const { look, measure } = part.looks.header;
  const { ruleBelow = COLORS.rule, ...plain } = look;
  const tags = tag && tagHead(part, groups, tag);
  const cells = groups.map(({ title, x, width }, index): Cell => {
    const lines = breakLines([{ text: title }], width - 2 * look.padX, measure);
    return { lines, x, width, align: 'center', tag: tags?.groups[index] };
  });
  const upper = createRow(cells, part.width, plain);
  const isGrouped = ({ index }: PlannedColumn): boolean => groups.some(({ members }) => members.includes(index));
  const without = { ...part, columns: part.columns.filter((column) => !isGrouped(column)) };
  const singles = createTitles(without, plain, tags?.singles);
  const titles = createTitles({ ...part, columns: part.columns.filter(isGrouped) }, plain, tags?.titles);
  const height = upper.height + Math.max(singles.height, titles.height);
  return {
    height,
    draw(canvas, x, y) {
      for (const one of tags?.ordered ?? []) canvas.keepPlace(one);
      const below = y + upper.height;
      upper.draw(canvas, x, y);
      for (const group of groups) {
        const place = { x: x + group.x + look.padX, y: below, width: group.width - 2 * look.padX };
        canvas.rule(place, { color: COLORS.rule });
      }
      // Bottom lines stand side by side.
      singles.draw(canvas, x, y + height - singles.height);
      titles.draw(canvas, x, y + height - titles.height);
      canvas.rule({ x, y: y + height, width: part.width }, { color: ruleBelow });
    },
  };
}
