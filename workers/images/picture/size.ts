/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle inside an image, in pixels from its top left corner. */
export interface Region extends Size {
  left: number;
  top: number;
}
