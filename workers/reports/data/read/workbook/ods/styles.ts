type Attributes = Readonly<Record<string, string>>;

/** How the numbers of a cell are shown. */
export interface ShownDecimals {
  /** Undefined for as many as there are. */
  decimals: number | undefined;
  isGrouped: boolean;
}

const MOST_STYLES = 100_000;
const NONE: ShownDecimals = { decimals: undefined, isGrouped: false };

/** Collects what styles say of tables and numbers. They stand before the cells. */
export class OdsStyles {
  readonly #hidden = new Set<string>();
  /** The data style of each cell style. */
  readonly #dataStyles = new Map<string, string>();
  readonly #decimals = new Map<string, ShownDecimals>();
  #style = '';
  #dataStyle = '';

  open(name: string, attributes: Attributes): void {
    if (this.#dataStyles.size + this.#decimals.size + this.#hidden.size > MOST_STYLES) return;
    const own = attributes['style:name'] ?? '';
    if (name === 'style') {
      this.#style = own;
      const data = attributes['style:data-style-name'];
      if (data !== undefined) this.#dataStyles.set(own, data);
    } else if (name === 'table-properties') {
      if (attributes['table:display'] === 'false') this.#hidden.add(this.#style);
    } else if (name.endsWith('-style') && own !== '') this.#dataStyle = own;
    else if (name === 'number') this.#seeNumber(attributes);
  }

  #seeNumber(attributes: Attributes): void {
    const decimals = attributes['number:decimal-places'];
    const fewest = attributes['number:min-decimal-places'] ?? decimals;
    this.#decimals.set(this.#dataStyle, {
      decimals: decimals !== undefined && fewest === decimals ? Math.min(10, Number(decimals)) : undefined,
      isGrouped: attributes['number:grouping'] === 'true',
    });
  }

  isHidden(style: string | undefined): boolean {
    return style !== undefined && this.#hidden.has(style);
  }

  /** How cells of that style show their numbers. */
  decimalsOf(style: string): ShownDecimals {
    return this.#decimals.get(this.#dataStyles.get(style) ?? '') ?? NONE;
  }
}
