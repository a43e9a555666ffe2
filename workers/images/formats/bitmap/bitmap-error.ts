/** A BMP or an icon can't be read: it is damaged, or uses a part of its format that is not read here. */
export class BitmapError extends Error {
  readonly kind: 'unsupported' | 'damaged';
  constructor(message: string, kind: 'unsupported' | 'damaged' = 'unsupported') {
    super(message);
    this.kind = kind;
  }
}
