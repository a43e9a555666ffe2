/** Stands in a computed column where no number came out, and says why. It is printed as nothing. */
export class NotComputed {
  static readonly EMPTY = new NotComputed('empty', 'a value that it is made of is empty');
  static readonly UNREAD = new NotComputed('unread', 'a value that it is made of is no number');
  static readonly BY_ZERO = new NotComputed('zero', 'it would be divided by zero');
  static readonly TOO_LARGE = new NotComputed('large', 'it has too many digits');
  static readonly ALL = [NotComputed.EMPTY, NotComputed.UNREAD, NotComputed.BY_ZERO, NotComputed.TOO_LARGE] as const;

  readonly code: string;
  readonly why: string;

  private constructor(code: string, why: string) {
    this.code = code;
    this.why = why;
  }

  /** The one with that code. */
  static of(code: string): NotComputed {
    return NotComputed.ALL.find((one) => one.code === code) ?? NotComputed.EMPTY;
  }

  toString(): string {
    return '';
  }
}
