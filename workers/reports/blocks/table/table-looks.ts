import type { Highlight } from '../../data/shape/highlight-rows.ts';
import { coloursOf } from '../../layout/highlight-colours.ts';
import type { RowLook } from '../../layout/row.ts';
import { COLORS } from '../../layout/style.ts';
import { type BlockSetting, measureAt } from '../setting.ts';
import type { TableType } from './table-plan.ts';
import type { CellLook, TextRowLook } from './text-row.ts';

/** How the rows of a table look, each kind with what its texts are measured by. */
export type TableLooks = Record<'row' | 'shaded' | 'header' | 'subtotal' | 'total' | 'furtherTotal', TextRowLook>;

/** Creates the looks of a table's rows in one of its sizes. */
export function createLooks(type: TableType, setting: BlockSetting): TableLooks {
  const plain: RowLook = { ...type, color: COLORS.ink };
  const row = { ...plain, ruleBelow: COLORS.hairline };
  const measure = measureAt(setting, type.size);
  const bold = (look: RowLook): TextRowLook => ({
    look: { ...look, bold: true },
    measure: measureAt(setting, type.size, true),
  });
  return {
    row: { look: row, measure },
    shaded: { look: { ...row, fill: COLORS.card }, measure },
    header: bold({ ...plain, color: COLORS.accent, ruleBelow: COLORS.rule }),
    subtotal: bold({ ...plain, ruleBelow: COLORS.rule }),
    total: bold({ ...plain, ruleAbove: COLORS.rule }),
    furtherTotal: bold({ ...plain, ruleAbove: COLORS.hairline }),
  };
}

/** Creates the looks of cells that look otherwise than the others: a text is made darker or lighter until it can be read. */
export function createCellLooks(highlights: readonly Highlight[], type: TableType, setting: BlockSetting): CellLook[] {
  return highlights.map((highlight): CellLook => {
    const { bold = false } = highlight;
    // Shaded rows are the darkest paper that there is.
    const { color = COLORS.ink, fill } = coloursOf(highlight, COLORS.card);
    return { color, fill, bold, measure: measureAt(setting, type.size, bold) };
  });
}
