import type { Line } from '../text/lines.ts';
import type { Box } from './box.ts';
import type { PathLook } from './paths.ts';
import type { OpenedImage } from './pictures/embed-image.ts';
import type { Tag } from './tags/tag.ts';

/**
 * What fragments draw on. Points, counted from the page's upper left corner; colours as #rrggbb. For a right-to-left
 * document the canvas is mirrored: what is drawn at the left stands at the right, while letters stay as they are.
 */
export interface Canvas {
  readonly isMirrored: boolean;
  /** Draws a line of text with its left end at `x`; characters that no font has become boxes, with a warning. */
  line(line: Line, x: number, baseline: number, look: LineLook): void;
  /**
   * Draws one plain line of text, such as a chart's label. `x` is its left end, its middle or its right end, as `align`
   * says; what is wider than `maxWidth` points ends in an ellipsis.
   */
  label(text: string, x: number, baseline: number, look: LabelLook): void;
  /** Returns how wide `label` would draw the text, in points. */
  measure(text: string, look: Pick<LabelLook, 'size' | 'bold'>): number;
  /** Draws a hairline from (x, y) to the right. */
  rule(from: Omit<Box, 'height'>, look: RuleLook): void;
  fillBox(box: Box, color: string): void;
  /** Fills and strokes an SVG path. */
  path(path: string, look: PathLook): void;
  /**
   * Draws with (x, y) as the origin, turned clockwise by `angle` degrees. Inside nothing is mirrored: with its `width`
   * the whole drawing stands where it would in a mirrored page.
   */
  within(place: { x: number; y: number; angle?: number; width?: number }, draw: () => void): void;
  image(image: OpenedImage, box: Box): void;
  /** Runs `draw`, whose content is a part of the report that is read aloud; `box` is where a figure stands. */
  tagged(tag: Tag | undefined, draw: () => void, box?: Box): void;
  /** Runs `draw`, whose content is read together, wherever the rest of it is drawn. */
  grouped(group: Tag | undefined, draw: () => void): void;
  /** Gives a part that is drawn later its place in the order of reading. */
  keepPlace(tag: Tag): void;
  /** Remembers where a block begins; what leads there may be drawn before or after it. */
  anchor(block: object, y: number): void;
  /** Returns the page a block begins on; none while it is not drawn. */
  pageOf(block: object): number | undefined;
  /** Makes a rectangle lead to a block when it is clicked; `description` says so to those who don't see it. */
  linkTo(block: object, description: string, box: Box): void;
  /** Runs `draw` on this page when the whole report is laid out. */
  later(draw: () => void): void;
  /** Adds an entry of the reader's side bar that leads to this place. */
  bookmark(title: string, level: number, y: number): void;
  warn(code: string, message: string): void;
  /** Begins a page on this paper (width, height in points). */
  startPage(page: number, paper: Paper): void;
  /** Lets what is drawn from now on belong to a page that was left, see DeferredContent. */
  returnTo(page: number, paper: Paper): void;
}

/** Width and height in points. */
export type Paper = [number, number];

/** How a line looks: its size in points, its colour and that of its links as #rrggbb. */
export interface LineLook {
  size: number;
  color: string;
  linkColor?: string;
  /** Every piece is drawn bold. */
  bold?: boolean | undefined;
  /** Every piece is one of a heading. */
  heading?: boolean | undefined;
}

/** How a label looks: its size in points, its colour as #rrggbb. */
export interface LabelLook {
  size: number;
  color: string;
  /** The colour behind it: a brand's colour in its place may want another ink. */
  behind?: string;
  bold?: boolean;
  align?: 'left' | 'center' | 'right';
  maxWidth?: number;
}

/** How a hairline looks: its colour as #rrggbb, its thickness (0.6 points where it isn't given). */
export interface RuleLook {
  color: string;
  thickness?: number;
}
