/** A width and a height: of a picture in pixels, of paper in points. */
export interface Size {
  width: number;
  height: number;
}

/** Without more room a picture is printed at 96 pixels an inch, as a browser shows it. */
const POINTS_PER_PIXEL = 0.75;

/** A logo at the head of a page is fitted into this, in points. */
export const LOGO_BOX: Size = { width: 170, height: 48 };
/** A picture in a cell is never higher than this, in points. */
export const HIGHEST_IN_CELL = 48;

/** Returns how large a picture is in a box, in its own proportions; never larger than by its pixels. */
export function sizeInBox({ width, height }: Size, box: Size): Size {
  const scale = Math.min(POINTS_PER_PIXEL, box.width / width, box.height / height);
  return { width: width * scale, height: height * scale };
}

/** Returns how large a picture is in a line of a page, such as `50%` of it; never wider than that nor higher than the page. */
export function sizeInLine(picture: Size, line: Size, asked: string | undefined): Size {
  const wish = asked ? (line.width * Number.parseInt(asked, 10)) / 100 : picture.width * POINTS_PER_PIXEL;
  const width = Math.min(wish, line.width, (line.height * picture.width) / picture.height);
  return { width, height: Math.min((width * picture.height) / picture.width, line.height) };
}
