import type { Fragment } from './fragment.ts';

/** Takes the pages as they fill; `y` counts from the top of the page's body. */
export interface PageSink {
  /** `isTurned`: the page lies on its side, for a table that is too wide to stand upright. */
  startPage(page: number, isTurned: boolean): void;
  place(fragment: Fragment, y: number): void;
}

/** The height of a page's body in points, upright and turned. */
export interface BodyHeights {
  upright: number;
  turned: number;
}

/** A kept group grows no further than this part of a page, so that forty headings in a row still break. */
const LARGEST_GROUP = 0.6;
/** A row that has to be split begins on the present page only when at least this part of it is free. */
const WORTH_STARTING = 0.25;
/** No fragment reserves more than this part of a page. */
const MOST_RESERVED = 0.25;

/** Groups fragments that must stay together: each `keep` fragment with the one that follows. A page break is alone. */
function* groupFragments(fragments: Iterable<Fragment>, bodyHeight: number): Iterable<Fragment[]> {
  let group: Fragment[] = [];
  let height = 0;
  for (const fragment of fragments) {
    if (fragment.pageBreak && group.length > 0) {
      yield group;
      group = [];
      height = 0;
    }
    group.push(fragment);
    height += (fragment.gap ?? 0) + fragment.height;
    if (fragment.keep && height < bodyHeight * LARGEST_GROUP) continue;
    yield group;
    group = [];
    height = 0;
  }
  if (group.length > 0) yield group;
}

/** Fills pages with fragments, from top to bottom; only the fragments of one group are in memory at a time. */
class PageFiller {
  page = 0;
  readonly #heights: BodyHeights;
  readonly #sink: PageSink;
  #bodyHeight: number;
  #isTurned = false;
  #y = 0;

  constructor(heights: BodyHeights, sink: PageSink) {
    this.#heights = heights;
    this.#bodyHeight = heights.upright;
    this.#sink = sink;
  }

  get isAtTop(): boolean {
    return this.#y === 0;
  }

  get free(): number {
    return this.#bodyHeight - this.#y;
  }

  /** Begins a page, turned or not as the present one. */
  startPage(repeat?: Fragment): void {
    this.page += 1;
    this.#y = 0;
    this.#sink.startPage(this.page, this.#isTurned);
    if (repeat && repeat.height < this.#bodyHeight / 2) this.#put(repeat);
  }

  /** Begins a page where the present one does not lie as it is to, or where `isNew` asks for one. */
  #turn(isTurned: boolean, isNew: boolean): void {
    const isAsItIs = this.page > 0 && isTurned === this.#isTurned;
    if (isAsItIs && !isNew) return;
    this.#isTurned = isTurned;
    this.#bodyHeight = isTurned ? this.#heights.turned : this.#heights.upright;
    this.startPage();
  }

  /** Begins a page with a fragment, for which the page before it may have to be ended. */
  #breakBefore({ repeat, carry }: Fragment): void {
    const foot = carry?.foot();
    if (foot && foot.height <= this.free) this.#put(foot);
    this.startPage(repeat);
    if (carry) this.#put(carry.top());
  }

  #put(fragment: Fragment): void {
    const gap = this.isAtTop ? 0 : (fragment.gap ?? 0);
    if (fragment.atFoot) this.#y = Math.max(this.#y, this.#bodyHeight - fragment.height - gap);
    this.#sink.place(fragment, this.#y + gap);
    this.#y += gap + fragment.height;
  }

  /** Places what stays together; `isNew` begins a page with it. */
  placeGroup(group: Fragment[], isNew: boolean): void {
    const [first] = group;
    const last = group.at(-1);
    if (!first || !last) return;
    // A heading goes along with its table to a turned page.
    this.#turn(
      group.some(({ isTurned }) => isTurned),
      isNew,
    );
    let height = this.isAtTop ? -(first.gap ?? 0) : 0;
    for (const fragment of group) height += (fragment.gap ?? 0) + fragment.height;
    const isSplit = last.height > this.#bodyHeight - (last.repeat?.height ?? 0);
    // A row that is to be split needs no more than the room that makes a beginning worth it.
    if (isSplit) height += this.#bodyHeight * WORTH_STARTING - last.height;
    const isNear = height > this.free - this.#bodyHeight * MOST_RESERVED;
    if (isNear && height + (last.reserve?.() ?? 0) > this.free && !this.isAtTop) this.#breakBefore(first);
    for (const fragment of group) this.#placeFragment(fragment);
  }

  #placeFragment(fragment: Fragment): void {
    const gap = this.isAtTop ? 0 : (fragment.gap ?? 0);
    const isSplittable = fragment.height > this.#bodyHeight / 2;
    const parts = gap + fragment.height > this.free && isSplittable ? fragment.split?.(this.free - gap) : undefined;
    if (parts) {
      // Both parts belong to the block that the whole belongs to.
      this.#put({ ...fragment, ...parts[0] });
      this.startPage(fragment.repeat);
      this.#placeFragment({ ...fragment, ...parts[1], gap: 0 });
      return;
    }
    // On a page of its own it may still not fit, and not be split: better cut off than lost.
    const before = this.free;
    const isOver = gap + fragment.height > before;
    if (isOver && !this.isAtTop) this.#breakBefore(fragment);
    if (isOver && this.free > before) this.#placeFragment(fragment);
    else this.#put(fragment);
  }
}

/** Lays fragments onto pages, and returns how many pages there are (at least one). */
export function paginate(fragments: Iterable<Fragment>, heights: BodyHeights, sink: PageSink): number {
  const filler = new PageFiller(heights, sink);
  let breakNext = false;
  for (const group of groupFragments(fragments, heights.turned)) {
    if (group[0]?.pageBreak) {
      breakNext = filler.page > 0 && !filler.isAtTop;
      continue;
    }
    filler.placeGroup(group, breakNext);
    breakNext = false;
  }
  if (filler.page === 0) filler.startPage();
  return filler.page;
}
