import { escapeXml } from '../../../../src/fields/escape-xml.ts';
import { MAIN, XML } from './parts.ts';

/** Number formats that every spreadsheet knows by their numbers: the viewer's own short dates, with and without a time. */
export const DATE = 14;
export const DATE_TIME = 22;
const FIRST_OWN = 164;

const WRAPPED = 'vertical="top" wrapText="1"';
const CENTRED = 'horizontal="center"';

/** How a cell looks beside its number format. */
export interface Look {
  isBold: boolean;
  /** Whether its lines stand below one another. */
  isWrapped?: boolean;
  /** Whether it stands in the middle of its cell. */
  isCentred?: boolean;
}

/** The styles of cells: a number format, and a look. */
export class Styles {
  readonly #codes = new Map<string, number>();
  readonly #styles = new Map<string, number>();

  constructor() {
    this.of(0, { isBold: false });
  }

  /** The number of the style with that number format: by its number, or its code, '' for the general one. */
  of(format: number | string, { isBold, isWrapped = false, isCentred = false }: Look): number {
    const id = typeof format === 'number' ? format : format === '' ? 0 : this.#idOf(format);
    const key = `${id} ${Number(isBold)} ${isCentred ? CENTRED : isWrapped ? WRAPPED : ''}`;
    const known = this.#styles.get(key) ?? this.#styles.size;
    this.#styles.set(key, known);
    return known;
  }

  #idOf(code: string): number {
    const known = this.#codes.get(code) ?? FIRST_OWN + this.#codes.size;
    this.#codes.set(code, known);
    return known;
  }

  /** The part of the workbook that has them all. */
  toXml(): string {
    const codes = [...this.#codes].map(([code, id]) => `<numFmt numFmtId="${id}" formatCode="${escapeXml(code)}"/>`);
    const formats = codes.length > 0 ? `<numFmts count="${codes.length}">${codes.join('')}</numFmts>` : '';
    const styles = [...this.#styles.keys()].map((key) => {
      const [id, font, ...alignment] = key.split(' ');
      const own = `numFmtId="${id}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"`;
      const aligned = alignment.join(' ');
      return aligned === '' ? `<xf ${own}/>` : `<xf ${own} applyAlignment="1"><alignment ${aligned}/></xf>`;
    });
    const font = '<sz val="11"/><name val="Calibri"/><family val="2"/>';
    return (
      `${XML}<styleSheet xmlns="${MAIN}">${formats}` +
      `<fonts count="2"><font>${font}</font><font><b/>${font}</font></fonts>` +
      '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
      '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
      `<cellXfs count="${styles.length}">${styles.join('')}</cellXfs>` +
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    );
  }
}
