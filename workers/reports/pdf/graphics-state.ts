import type { Recolour } from '../brand/recolour.ts';

/** The colours and widths that a page's content has set: an operator is written only where one of them changes. */
export class GraphicsState {
  readonly #doc: PDFKit.PDFDocument;
  #fill = '';
  #stroke = '';

  readonly #recolour: Recolour;

  constructor(doc: PDFKit.PDFDocument, recolour: Recolour) {
    this.#doc = doc;
    this.#recolour = recolour;
  }

  useFill(color: string): void {
    if (color !== this.#fill) this.#doc.fillColor(this.#recolour(color));
    this.#fill = color;
  }

  useStroke(color: string, thickness: number): void {
    const stroke = `${thickness} ${color}`;
    if (stroke !== this.#stroke) this.#doc.lineWidth(thickness).strokeColor(this.#recolour(color));
    this.#stroke = stroke;
  }

  /** Forgets what was set: another page is drawn on, or an earlier state was restored. */
  reset(): void {
    this.#fill = '';
    this.#stroke = '';
  }
}
