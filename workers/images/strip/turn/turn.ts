/** What makes a picture upright: its rows become columns, then columns and rows are put in the other order. */
export interface Turn {
  transposes: boolean;
  flipsAcross: boolean;
  flipsDown: boolean;
}

/** Returns what makes a picture of that EXIF orientation (1-8) upright. */
export const turnOf = (orientation: number): Turn => ({
  transposes: orientation > 4,
  flipsAcross: [2, 3, 6, 7].includes(orientation),
  flipsDown: [3, 4, 7, 8].includes(orientation),
});
