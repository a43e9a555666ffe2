import { Parser } from 'htmlparser2';

/** Elements of which nothing is left but what they hold: they run, load, lead away, or change what links mean. */
const CUT = new Set(['base', 'embed', 'frame', 'frameset', 'iframe', 'link', 'meta', 'object', 'portal']);
/** Elements that go with all they hold. */
const CUT_WHOLE = new Set(['script']);
/** Pictures of the mail itself that are written into its HTML, all together. */
const MAX_INLINED = 30_000_000;

/**
 * Makes of a mail's HTML what a frame of ours shows: links open in a tab of their own, and pictures that came with the
 * mail stand in it as `pictures` has them, by their content ids. What it may do is the matter of the frame's policy; what
 * is cut are elements that make a browser connect whatever the policy says (`<link rel=preconnect>`).
 */
export function makeFrame(html: string, pictures: ReadonlyMap<string, string>): string {
  const head =
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><base target="_blank">';
  return head + inlinePictures(cutElements(html), pictures);
}

const PICTURE_ATTRIBUTES = ['src', 'srcset', 'background', 'poster', 'href'];
const REMOTE = /^(?!data:)(?:.*[\s,])?(?:https?:)?\/\//is;
const REMOTE_IN_STYLE = /url\(\s*["']?(?:https?:)?\/\//i;

/** Whether the HTML shows pictures of other hosts, in its elements or its styles. */
export function showsRemotePictures(html: string): boolean {
  let isFound = false;
  let isStyle = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      isStyle = name === 'style';
      const isNone = name === 'a' || name === 'area' || CUT.has(name) || CUT_WHOLE.has(name);
      const texts = isNone ? [] : PICTURE_ATTRIBUTES.map((attribute) => attributes[attribute] ?? '');
      isFound ||= texts.some((text) => REMOTE.test(text)) || REMOTE_IN_STYLE.test(attributes['style'] ?? '');
    },
    ontext(text) {
      if (isStyle) isFound ||= REMOTE_IN_STYLE.test(text);
    },
    onclosetag() {
      isStyle = false;
    },
  });
  parser.end(html);
  return isFound;
}

function cutElements(html: string): string {
  const ranges: [start: number, end: number][] = [];
  let wholeFrom: number | null = null;
  const parser: Parser = new Parser({
    onopentag(name) {
      if (CUT_WHOLE.has(name)) wholeFrom ??= parser.startIndex;
      else if (CUT.has(name)) ranges.push([parser.startIndex, parser.endIndex + 1]);
    },
    onclosetag(name, isImplied) {
      if (!CUT_WHOLE.has(name) || wholeFrom === null) return;
      const end = isImplied ? -1 : html.indexOf('>', parser.startIndex);
      ranges.push([wholeFrom, end === -1 ? html.length : end + 1]);
      wholeFrom = null;
    },
  });
  parser.end(html);
  let kept = '';
  let place = 0;
  for (const [start, end] of ranges) {
    if (start < place) continue;
    kept += html.slice(place, start);
    place = end;
  }
  return kept + html.slice(place);
}

/** `cid:` in an attribute or in `url(...)`; whoever writes it in a text gets it as it is. */
const CID = /(["'(=])\s*cid:([^"')\s>]+)/gi;

function inlinePictures(html: string, pictures: ReadonlyMap<string, string>): string {
  let inlined = 0;
  return html.replace(CID, (written, before: string, cid: string) => {
    const picture = pictures.get(decode(cid));
    if (picture === undefined || inlined + picture.length > MAX_INLINED) return written;
    inlined += picture.length;
    return before + picture;
  });
}

function decode(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}
