import type { Column } from '../../input/columns.ts';
import type { Condition, SortKey } from '../../input/conditions.ts';
import { computedColumns } from './computed-columns.ts';

/** What decides of rows beside the columns that are printed. */
export interface Shape {
  columns?: readonly Column[] | undefined;
  filter?: readonly Condition[] | undefined;
  sort?: readonly SortKey[] | undefined;
}

/** A column that is named, and where the request names it. */
export interface NamedKey {
  key: string;
  path: (string | number)[];
  /** What it is read as: the number of an operand, or whatever the column has. */
  use: 'number' | 'any';
}

/** Every column of the rows that a table or a chart names beside its own: in `value`, `filter`, `sort` and `highlight`. */
export function namedKeys({ columns = [], filter = [], sort = [] }: Shape): NamedKey[] {
  const computed = computedColumns(columns);
  const made = new Set(computed.map(({ column }) => column.key));
  const named: NamedKey[] = [
    ...computed.flatMap(({ column, operands }) => {
      const path = ['columns', columns.indexOf(column), 'value'];
      return operands.map((key): NamedKey => ({ key, path, use: 'number' }));
    }),
    ...filter.map(({ key }, index): NamedKey => ({ key, path: ['filter', index, 'key'], use: 'any' })),
    ...sort.map(({ key }, index): NamedKey => ({ key, path: ['sort', index, 'key'], use: 'any' })),
    ...columns.flatMap(({ key: own, highlight = [] }, column) =>
      highlight.map(({ when: { key = own } }, index): NamedKey => {
        const path = ['columns', column, 'highlight', index, 'when', 'key'];
        return { key, path, use: 'any' };
      }),
    ),
  ];
  return named.filter(({ key }) => !made.has(key));
}
