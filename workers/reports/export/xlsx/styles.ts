import { escapeXml } from '../../../../src/fields/escape-xml.ts';
import { MAIN, XML } from './parts.ts';

/** Number formats that every spreadsheet knows by their numbers: the viewer's own short dates, with and without a time. */
export const DATE = 14;
export const DATE_TIME = 22;
const FIRST_OWN = 164;

const WRAPPED = 'vertical="top" wrapText="1"';
const CENTRED = 'horizontal="center"';
const FONT = '<name val="Calibri"/><family val="2"/>';

/** How a cell looks beside its number format. */
export interface Look {
  isBold: boolean;
  /** Whether its lines stand below one another. */
  isWrapped?: boolean;
  /** Whether it stands in the middle of its cell. */
  isCentred?: boolean;
  /** The colour of its text and what is behind it, as #rrggbb. */
  color?: string | undefined;
  fill?: string | undefined;
}

/** A colour as a workbook has it: with how much is seen of it in front. */
const argb = (colour: string): string => `FF${colour.slice(1).toUpperCase()}`;

/** The place of something in a list that it is put into once. */
function placeIn<Key>(known: Map<Key, number>, key: Key, first = 0): number {
  const place = known.get(key) ?? first + known.size;
  known.set(key, place);
  return place;
}

/** The styles of cells: a number format, and a look. */
export class Styles {
  readonly #codes = new Map<string, number>();
  readonly #styles = new Map<string, number>();
  readonly #fonts = new Map<string, number>();
  /** Two are there in every workbook. */
  readonly #fills = new Map<string, number>([
    ['<patternFill patternType="none"/>', 0],
    ['<patternFill patternType="gray125"/>', 1],
  ]);

  constructor() {
    this.of(0, { isBold: false });
  }

  /** The number of the style with that number format: by its number, or its code, '' for the general one. */
  of(format: number | string, { isBold, isWrapped = false, isCentred = false, color, fill }: Look): number {
    const id = typeof format === 'number' ? format : format === '' ? 0 : placeIn(this.#codes, format, FIRST_OWN);
    const tint = color === undefined ? '' : `<color rgb="${argb(color)}"/>`;
    const font = placeIn(this.#fonts, `${isBold ? '<b/>' : ''}<sz val="11"/>${tint}${FONT}`);
    const solid =
      fill && `<patternFill patternType="solid"><fgColor rgb="${argb(fill)}"/><bgColor indexed="64"/></patternFill>`;
    const ground = solid ? placeIn(this.#fills, solid) : 0;
    const own = `numFmtId="${id}" fontId="${font}" fillId="${ground}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"`;
    const whole = ground > 0 ? `${own} applyFill="1"` : own;
    const aligned = isCentred ? CENTRED : isWrapped ? WRAPPED : '';
    const xml = aligned === '' ? `<xf ${whole}/>` : `<xf ${whole} applyAlignment="1"><alignment ${aligned}/></xf>`;
    return placeIn(this.#styles, xml);
  }

  /** The part of the workbook that has them all. */
  toXml(): string {
    const codes = [...this.#codes].map(([code, id]) => `<numFmt numFmtId="${id}" formatCode="${escapeXml(code)}"/>`);
    const formats = codes.length > 0 ? `<numFmts count="${codes.length}">${codes.join('')}</numFmts>` : '';
    const fonts = [...this.#fonts.keys()].map((font) => `<font>${font}</font>`);
    const fills = [...this.#fills.keys()].map((fill) => `<fill>${fill}</fill>`);
    const styles = [...this.#styles.keys()];
    return (
      `${XML}<styleSheet xmlns="${MAIN}">${formats}` +
      `<fonts count="${fonts.length}">${fonts.join('')}</fonts><fills count="${fills.length}">${fills.join('')}</fills>` +
      '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
      `<cellXfs count="${styles.length}">${styles.join('')}</cellXfs>` +
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    );
  }
}
