import { SaxesParser } from 'saxes';
import type { Credits } from './credits.ts';

/** Only the beginning of a longer packet is read: cameras and programs write some thousand characters. */
const MAX_LENGTH = 1_000_000;
/** XMP nests half as deep; each open element takes memory. */
const MAX_DEPTH = 64;
/** What names are known by here, where a packet calls them otherwise. */
const USUAL_PREFIXES: Readonly<Record<string, string>> = {
  'http://ns.adobe.com/xap/1.0/': 'xmp',
  'http://ns.adobe.com/xap/1.0/g/img/': 'xmpGImg',
  'http://ns.adobe.com/xmp/note/': 'xmpNote',
  'http://ns.adobe.com/hdr-gain-map/1.0/': 'hdrgm',
  'http://ns.adobe.com/camera-raw-settings/1.0/': 'crs',
  'http://ns.adobe.com/photoshop/1.0/': 'photoshop',
  'http://ns.adobe.com/tiff/1.0/': 'tiff',
  'http://ns.apple.com/HDRGainMap/1.0/': 'HDRGainMap',
  'http://ns.apple.com/pixeldatainfo/1.0/': 'apdi',
  'http://ns.apple.com/depthData/1.0/': 'depthData',
  'http://ns.google.com/photos/1.0/camera/': 'GCamera',
  'http://ns.google.com/photos/1.0/container/': 'Container',
  'http://ns.google.com/photos/1.0/image/': 'GImage',
  'http://ns.google.com/photos/1.0/depthmap/': 'GDepth',
  'http://ns.google.com/photos/1.0/audio/': 'GAudio',
  'http://ns.google.com/photos/dd/1.0/device/': 'Device',
  'http://ns.google.com/photos/dd/1.0/container/': 'Container',
  'http://purl.org/dc/elements/1.1/': 'dc',
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#': 'rdf',
};

/**
 * What a walk through XMP reports; `end` is the place behind what was read, in characters. Names have the prefixes that all
 * programs write; `written` is the one that stands there.
 */
export interface XmpHandlers {
  attribute?(name: string, value: string, end: number, written: string): void;
  open?(name: string, end: number): void;
  text?(text: string): void;
  close?(name: string, end: number): void;
}

/**
 * Reads an XMP packet as XML and calls the handlers, up to its end or to where it is no XML any more: what was read
 * before that counts. Returns whether it came to the end. Entities of its own are not unfolded.
 */
export function walkXmp(xmp: string, handlers: XmpHandlers): boolean {
  const parser = new SaxesParser({ position: false });
  const names: string[] = [];
  const nameOf = createNames();
  let attributes: { name: string; value: string; end: number }[] = [];
  let isDamaged = false;
  const stop = (reason: Error) => {
    isDamaged = true;
    throw reason;
  };
  parser.on('error', stop);
  parser.on('attribute', ({ name, value }) => {
    nameOf.learn(name, value);
    attributes.push({ name, value, end: parser.position });
  });
  parser.on('opentag', ({ name }) => {
    for (const { name: written, value, end } of attributes) {
      handlers.attribute?.(nameOf.usual(written), value, end, written);
    }
    attributes = [];
    names.push(nameOf.usual(name));
    if (names.length > MAX_DEPTH) stop(new Error(`XMP nests deeper than ${MAX_DEPTH} elements`));
    handlers.open?.(names.at(-1) ?? '', parser.position);
  });
  parser.on('text', (text) => handlers.text?.(text));
  parser.on('cdata', (text) => handlers.text?.(text));
  parser.on('closetag', () => handlers.close?.(names.pop() ?? '', parser.position));
  try {
    parser.write(xmp.slice(0, MAX_LENGTH)).close();
  } catch (error) {
    if (!isDamaged) throw error;
  }
  return !isDamaged && xmp.length <= MAX_LENGTH;
}

/** Learns which prefixes a packet declares, and says which are usual for what they stand for. */
function createNames(): { learn(name: string, value: string): void; usual(name: string): string } {
  const prefixes = new Map<string, string>();
  return {
    learn(name, value) {
      const [, prefix] = name.match(/^xmlns:(.+)$/) ?? [];
      const usual = USUAL_PREFIXES[value];
      if (prefix !== undefined && usual !== undefined) prefixes.set(prefix, usual);
    },
    usual(name) {
      const colon = name.indexOf(':');
      const prefix = prefixes.get(name.slice(0, Math.max(0, colon)));
      return prefix === undefined ? name : prefix + name.slice(colon);
    },
  };
}

/** Elements that hold a credit: a text, or a list of them. */
const CREDIT_ELEMENTS: Readonly<Record<string, keyof Credits>> = {
  'dc:rights': 'copyright',
  'dc:creator': 'artist',
  'photoshop:Credit': 'credit',
};
const LIST_ITEM = 'rdf:li';

/** Reads the credits of an XMP packet. Of a text in several languages the first stands for all. */
export function readXmp(xmp: string): Credits {
  const found: Partial<Record<keyof Credits, string[]>> = {};
  const path: string[] = [];
  let texts: string[] | undefined;
  let credit: string | undefined;
  walkXmp(xmp, {
    attribute: (name, value) => {
      if (name === 'photoshop:Credit') credit ??= value;
    },
    open: (name) => {
      path.push(name);
      if (CREDIT_ELEMENTS[name]) texts = [''];
      else if (name === LIST_ITEM) texts?.push('');
    },
    text: (text) => {
      const isItem = path.at(-1) === LIST_ITEM;
      if (texts) texts[isItem ? texts.length - 1 : 0] += text;
    },
    close: (name) => {
      path.pop();
      const property = CREDIT_ELEMENTS[name];
      if (!property) return;
      if (texts) found[property] ??= texts;
      texts = undefined;
    },
  });
  const itemsOf = ([own = '', ...items]: string[] = []) => (items.length > 0 ? items : [own]);
  return {
    copyright: itemsOf(found.copyright)[0],
    artist: itemsOf(found.artist).join(', '),
    credit: credit ?? found.credit?.[0],
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escapeXml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

/** Writes the credits as an XMP packet; undefined when there are none. */
export function writeXmp({ copyright, artist, credit }: Credits): string | undefined {
  if (!copyright && !artist && !credit) return undefined;
  const item = (text: string, language = '') => `<rdf:li${language}>${escapeXml(text)}</rdf:li>`;
  const parts = [
    copyright && `<dc:rights><rdf:Alt>${item(copyright, ' xml:lang="x-default"')}</rdf:Alt></dc:rights>`,
    artist && `<dc:creator><rdf:Seq>${item(artist)}</rdf:Seq></dc:creator>`,
    credit && `<photoshop:Credit>${escapeXml(credit)}</photoshop:Credit>`,
  ];
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" ',
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">',
    parts.filter(Boolean).join(''),
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
  ].join('');
}
