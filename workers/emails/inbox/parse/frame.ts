import { tokenize } from '../../html.ts';

/** Elements of which nothing is left but what they hold: they run, load, lead away, or change what links mean. */
const CUT = new Set(['base', 'embed', 'frame', 'frameset', 'iframe', 'link', 'meta', 'object', 'portal']);
/** The element that goes with all it holds. */
const SCRIPT = 'script';
/** Pictures of the mail itself that are written into its HTML, all together. */
const MAX_INLINED = 30_000_000;

/**
 * Makes of a mail's HTML what a frame of ours shows: links open in a tab of their own, and pictures that came with the
 * mail stand in it as `pictures` has them, by their content ids. What it may do is the matter of the frame's policy; what
 * is cut besides are elements that no mail shows anything by, so that nothing hangs on how a browser reads the policy.
 */
export function makeFrame(html: string, pictures: ReadonlyMap<string, string>): string {
  const head =
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><base target="_blank">';
  return head + inlinePictures(cutElements(html), pictures);
}

const PICTURE_ATTRIBUTES = new Set(['src', 'srcset', 'background', 'poster', 'href']);
const REMOTE = /^(?!data:)(?:.*[\s,])?(?:https?:)?\/\//is;
const REMOTE_IN_STYLE = /url\(\s*["']?(?:https?:)?\/\//i;

/** Whether the HTML shows pictures of other hosts, in its elements or its styles. */
export function showsRemotePictures(html: string): boolean {
  let isFound = false;
  let element = '';
  let attribute = '';
  let value: string[] = [];
  tokenize(html, {
    onopentagname(start, end) {
      element = html.slice(start, end).toLowerCase();
    },
    onattribname(start, end) {
      attribute = html.slice(start, end).toLowerCase();
      value = [];
    },
    onattribdata: (start, end) => void value.push(html.slice(start, end)),
    onattribentity: (codePoint) => void value.push(String.fromCodePoint(codePoint)),
    onattribend() {
      const isStyle = attribute === 'style';
      if (isFound || !(isStyle || (showsPictures(element) && PICTURE_ATTRIBUTES.has(attribute)))) return;
      isFound = (isStyle ? REMOTE_IN_STYLE : REMOTE).test(value.join('').trim());
    },
    ontext(start, end) {
      if (element === 'style') isFound ||= REMOTE_IN_STYLE.test(html.slice(start, end));
    },
  });
  return isFound;
}

const showsPictures = (element: string): boolean =>
  element !== 'a' && element !== 'area' && !CUT.has(element) && element !== SCRIPT;

function cutElements(html: string): string {
  const kept: string[] = [];
  /** What stands before this is kept or cut by now. */
  let place = 0;
  let tag = { name: '', start: 0 };
  let scriptStart: number | null = null;
  const cut = (start: number, end: number) => {
    kept.push(html.slice(place, start));
    place = end;
  };
  const endTag = (end: number) => {
    if (scriptStart !== null) return;
    if (tag.name === SCRIPT) scriptStart = tag.start;
    else if (CUT.has(tag.name)) cut(tag.start, end + 1);
  };
  tokenize(html, {
    onopentagname(start, end) {
      tag = { name: html.slice(start, end).toLowerCase(), start: start - 1 };
    },
    onopentagend: endTag,
    onselfclosingtag: endTag,
    onclosetag(start, end) {
      if (scriptStart === null || html.slice(start, end).toLowerCase() !== SCRIPT) return;
      const close = html.indexOf('>', end);
      cut(scriptStart, close === -1 ? html.length : close + 1);
      scriptStart = null;
    },
  });
  if (scriptStart !== null) cut(scriptStart, html.length);
  return kept.join('') + html.slice(place);
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
