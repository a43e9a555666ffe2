import type { TableData } from '../data/analyse/read-tables.ts';
import type { FontStack } from '../fonts/font-stack.ts';
import type { Frame } from '../layout/frame.ts';
import type { Messages } from '../locales/messages.ts';
import type { Block } from '../model.ts';
import type { OpenedImage } from '../pdf/pictures/embed-image.ts';
import type { Role } from '../pdf/tags/tag.ts';
import type { Direction } from '../text/bidi.ts';
import { cleanText } from '../text/clean-text.ts';
import type { Run } from '../text/inline.ts';
import { breakLines, type Line } from '../text/lines.ts';
import type { Measure } from '../text/measure.ts';

/** A heading of the report. */
export type Heading = Extract<Block, { type: 'heading' }>;

/** What blocks are laid out with. */
export interface BlockSetting {
  fontStack: FontStack;
  locale: string;
  /** The direction of the document's language: all is mirrored where it is right-to-left. */
  direction: Direction;
  messages: Messages;
  /** Whether headings become entries of the side bar. */
  outline: boolean;
  /** All headings, in their order. */
  contents: Heading[];
  /** What each heading is read as. */
  headingRoles: Map<Heading, Role>;
  /** Whether tables say what each of their cells is: that takes much room. */
  isTagged: boolean;
  images: Map<Block, OpenedImage>;
  /** Those that cells may have, by what they are made of. */
  pictures: ReadonlyMap<string, OpenedImage>;
  /** Where the request has each block, as a JSON pointer. */
  pointers: ReadonlyMap<Block, string>;
  /** The rows of every table. */
  tables: Map<Block, TableData>;
  /** The width in points that a table has on a page that lies on its side; undefined where it can't have one. */
  turnedWidth: number | undefined;
  /** The height of such a page's body in points. */
  turnedHeight: number;
  /** Where things stand on a page. */
  frame: Frame;
  /** The height of a page's body in points: nothing unsplittable may be higher. */
  bodyHeight: number;
  /** Called for each row of a table that was laid out. */
  onRow(): void;
}

/** How all runs of a text are drawn, whatever they are by themselves. */
export type WholeStyle = Pick<Run, 'bold' | 'heading'>;

/** Measures in one size; `style` is that of every run, `true` for bold. */
export function measureAt(
  { fontStack, direction }: BlockSetting,
  size: number,
  style: WholeStyle | boolean = false,
): Measure {
  const { bold = false, heading = false } = typeof style === 'boolean' ? { bold: style } : style;
  const whole = { ...(bold && { bold }), ...(heading && { heading }) };
  const measure: Measure =
    bold || heading
      ? (text, run) => fontStack.width(text, { ...run, ...whole }, size)
      : (text, run) => fontStack.width(text, run, size);
  measure.direction = direction;
  return measure;
}

/** Runs with text that can be printed: composed accents, no control characters. */
export const cleanRuns = (runs: Run[]): Run[] => runs.map((run) => ({ ...run, text: cleanText(run.text) }));

/** One plain text broken into lines. */
export function breakText(text: string, width: number, measure: Measure): Line[] {
  return breakLines([{ text: cleanText(text) }], width, measure);
}
