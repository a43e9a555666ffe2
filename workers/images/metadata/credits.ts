/** Whose picture it is, as far as its metadata says. */
export interface Credits {
  copyright?: string | undefined;
  artist?: string | undefined;
  credit?: string | undefined;
}
