import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { XmlDocument } from 'libxml2-wasm';

// A checklist of what ISO 19005-3 (PDF/A-3b) asks of a file, over its objects as qpdf reads them. It is no validation:
// that is veraPDF's to give. The numbers are the clauses.

const run = promisify(execFile);

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
type Dictionary = { [key: string]: Value };

interface PdfObjects {
  trailer: Dictionary;
  /** Every dictionary of the file, those inside others too. */
  all: Dictionary[];
  /** What a value is, followed where it refers to an object. */
  follow(value: Value | undefined): Value | undefined;
  /** A value that is a dictionary, or that of a stream. */
  dictionary(value: Value | undefined): Dictionary;
  streams: Dictionary[];
}

interface QpdfObject {
  value?: Value;
  stream?: { dict: Dictionary };
}

function findDictionaries(value: Value | undefined, found: Dictionary[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) found.push(value);
  for (const inner of Object.values(value)) findDictionaries(inner, found);
}

async function readObjects(pdf: string): Promise<PdfObjects> {
  const { stdout } = await run('qpdf', ['--json', '--json-key=qpdf', pdf], { maxBuffer: 200_000_000 });
  const objects = JSON.parse(stdout).qpdf[1] as Record<string, QpdfObject>;
  const all: Dictionary[] = [];
  for (const { value, stream } of Object.values(objects)) findDictionaries(stream?.dict ?? value, all);
  const follow = (value: Value | undefined): Value | undefined => {
    if (typeof value !== 'string' || !/^\d+ \d+ R$/.test(value)) return value;
    const object = objects[`obj:${value}`];
    return object?.stream?.dict ?? object?.value;
  };
  return {
    trailer: objects['trailer']?.value as Dictionary,
    all,
    follow,
    dictionary: (value) => (follow(value) ?? {}) as Dictionary,
    streams: Object.values(objects).flatMap(({ stream }) => (stream ? [stream.dict] : [])),
  };
}

type Check = [clause: string, holds: boolean];

const FORBIDDEN_KEYS = [
  '/AA',
  '/OPI',
  '/Alternates',
  '/TR',
  '/HTP',
  '/XFA',
  '/PresSteps',
  '/Requirements',
  '/PS',
  '/Ref',
];
const FORBIDDEN_ACTIONS = [
  '/Launch',
  '/Sound',
  '/Movie',
  '/ResetForm',
  '/ImportData',
  '/Hide',
  '/SetOCGState',
  '/JavaScript',
];
const FILTERS = [
  '/FlateDecode',
  '/DCTDecode',
  '/RunLengthDecode',
  '/CCITTFaxDecode',
  '/ASCIIHexDecode',
  '/ASCII85Decode',
];
const ANNOTATIONS = ['/Link', '/Text', '/FreeText', '/Highlight', '/Widget', '/FileAttachment'];
/** Print alone; hidden, invisible and not shown are not set. */
const PRINTED = 4;
const UNSEEN = 1 | 2 | 32 | 256;

const listOf = (value: Value | undefined): Value[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
const of = (all: Dictionary[], key: string, ...names: string[]) =>
  all.filter((one) => names.includes(String(one[key])));

function checkFile(bytes: Buffer, { trailer, streams, all, dictionary }: PdfObjects): Check[] {
  const second = bytes.subarray(bytes.indexOf(10) + 1, bytes.indexOf(10) + 6);
  const root = dictionary(trailer['/Root']);
  return [
    ['6.1.2 the header', /^%PDF-1\.[0-7]$/.test(bytes.subarray(0, 8).toString('latin1'))],
    [
      '6.1.2 a comment of four bytes above 127',
      second[0] === 0x25 && second.subarray(1, 5).every((byte) => byte > 127),
    ],
    ['6.1.3 an ID', listOf(trailer['/ID']).length === 2],
    ['6.1.3 no encryption', trailer['/Encrypt'] === undefined],
    ['6.1.3 nothing behind the end', /%%EOF\r?\n?$/.test(bytes.subarray(-8).toString('latin1'))],
    ['6.1.7 no stream in another file', streams.every((one) => !('/FFilter' in one || '/FDecodeParms' in one))],
    [
      '6.1.8 filters',
      streams.every((one) => listOf(one['/Filter']).every((filter) => FILTERS.includes(String(filter)))),
    ],
    [
      '6.1.12, 6.2, 6.5, 6.10, 6.11 nothing that is forbidden',
      all.every((one) => FORBIDDEN_KEYS.every((key) => !(key in one))),
    ],
    ['6.5.1 no forbidden action', of(all, '/S', ...FORBIDDEN_ACTIONS).length === 0],
    ['6.5.2 no JavaScript', !('/JavaScript' in dictionary(root['/Names']))],
    ['6.9 no optional content', root['/OCProperties'] === undefined],
  ];
}

function checkColours({ trailer, all, dictionary, follow }: PdfObjects): Check[] {
  const root = dictionary(trailer['/Root']);
  const intents = listOf(follow(root['/OutputIntents'])).map((one) => dictionary(one));
  const profile = dictionary(intents[0]?.['/DestOutputProfile']);
  const images = of(all, '/Subtype', '/Image');
  const blends = all.flatMap((one) => ('/BM' in one ? listOf(one['/BM']) : []));
  return [
    ['6.2.3 one output intent', intents.length === 1 && intents[0]?.['/S'] === '/GTS_PDFA1'],
    ['6.2.3 its profile has three colours', profile['/N'] === 3],
    ['6.2.4.3 no colours of a press', !JSON.stringify(all).includes('"/DeviceCMYK"')],
    ['6.2.5 no transfer function', all.every((one) => one['/TR2'] === undefined || one['/TR2'] === '/Default')],
    ['6.2.8 no interpolation', images.every((one) => one['/Interpolate'] !== true)],
    ['6.2.10 blending', blends.every((mode) => ['/Normal', '/Compatible', '/Multiply'].includes(String(mode)))],
  ];
}

function checkFonts({ all, dictionary, follow }: PdfObjects): Check[] {
  const fonts = of(all, '/Type', '/Font');
  const composite = of(fonts, '/Subtype', '/Type0');
  const cid = of(fonts, '/Subtype', '/CIDFontType2', '/CIDFontType0');
  const described = fonts.filter(({ '/Subtype': kind }) => kind !== '/Type0' && kind !== '/Type3');
  const files = ['/FontFile', '/FontFile2', '/FontFile3'];
  const isEmbedded = (font: Dictionary) => files.some((key) => key in dictionary(font['/FontDescriptor']));
  const encodings = composite.map((font) => String(follow(font['/Encoding'])));
  return [
    ['6.2.11.4 fonts are embedded', described.every(isEmbedded)],
    ['6.2.11.3 composite fonts', encodings.every((encoding) => /^\/Identity-[HV]$/.test(encoding))],
    [
      '6.2.11.3.2 a map of glyphs',
      cid.every((one) => one['/Subtype'] !== '/CIDFontType2' || one['/CIDToGIDMap'] !== undefined),
    ],
    ['6.2.11.7 text can be read', composite.every((font) => font['/ToUnicode'] !== undefined)],
  ];
}

function checkAnnotations({ trailer, all, dictionary }: PdfObjects): Check[] {
  const annotations = all.filter((one) => '/Rect' in one && '/Subtype' in one);
  const flags = annotations.map((one) => Number(one['/F'] ?? 0));
  const form = dictionary(dictionary(trailer['/Root'])['/AcroForm']);
  return [
    ['6.3.1 sorts of annotations', annotations.every((one) => ANNOTATIONS.includes(String(one['/Subtype'])))],
    ['6.3.2 annotations are printed', flags.every((flag) => (flag & PRINTED) !== 0 && (flag & UNSEEN) === 0)],
    ['6.4.1 forms say how they look', form['/NeedAppearances'] !== true],
  ];
}

function checkAttached({ trailer, all, dictionary, follow }: PdfObjects): Check[] {
  const root = dictionary(trailer['/Root']);
  const files = of(all, '/Type', '/Filespec');
  const associated = listOf(follow(root['/AF'])).map((one) => JSON.stringify(dictionary(one)));
  const streams = files.map((file) => dictionary(dictionary(file['/EF'])['/F']));
  return [
    ['6.8 names of files', files.every((file) => '/F' in file && '/UF' in file)],
    ['6.8 how files are related', files.every((file) => '/AFRelationship' in file)],
    ['6.8 files are associated', files.every((file) => associated.includes(JSON.stringify(file)))],
    ['6.8 media types', streams.every((stream) => /^\/[a-z]+\/[\w.+-]+$/.test(String(stream['/Subtype'])))],
    ['6.8 when files were changed', streams.every((stream) => '/ModDate' in dictionary(stream['/Params']))],
  ];
}

const XMP = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  pdf: 'http://ns.adobe.com/pdf/1.3/',
  pdfaid: 'http://www.aiim.org/pdfa/ns/id/',
  pdfaSchema: 'http://www.aiim.org/pdfa/ns/schema#',
  pdfaProperty: 'http://www.aiim.org/pdfa/ns/property#',
};

/** Namespaces that PDF/A knows, or whose parts are no properties. */
const KNOWN = new Set<string>([...Object.values(XMP), 'http://www.aiim.org/pdfa/ns/extension/', 'adobe:ns:meta/']);

function checkMetadata(packet: string, { trailer, dictionary, follow }: PdfObjects): Check[] {
  using xml = XmlDocument.fromString(packet.replace(/^\ufeff/, ''));
  const text = (path: string) => xml.get(path, XMP)?.content;
  const info = dictionary(trailer['/Info']);
  const same = (key: string, path: string) =>
    key in info === (text(path) !== undefined) && (!(key in info) || follow(info[key]) === `u:${text(path)}`);
  const moment = (date: Value | undefined) => String(follow(date)).replace(/\D/g, '');
  const properties = xml.find('/*/rdf:RDF/rdf:Description/*', XMP);
  const foreign = properties
    .map((node) => ({ name: String(node.eval('local-name()')), space: String(node.eval('namespace-uri()')) }))
    .filter(({ space }) => !KNOWN.has(space));
  const isDescribed = ({ name, space }: { name: string; space: string }) =>
    Boolean(xml.get(`//pdfaSchema:namespaceURI[.="${space}"]/..//pdfaProperty:name[.="${name}"]`, XMP));
  return [
    ['6.6.4 the standard', text('//pdfaid:part') === '3' && text('//pdfaid:conformance') === 'B'],
    ['6.6.3 the title', same('/Title', '//dc:title//rdf:li')],
    ['6.6.3 the author', same('/Author', '//dc:creator//rdf:li')],
    ['6.6.3 what made it', same('/Producer', '//pdf:Producer') && same('/Creator', '//xmp:CreatorTool')],
    ['6.6.3 when it was made', moment(info['/CreationDate']).startsWith(moment(text('//xmp:CreateDate')))],
    ['6.6.2.3 other vocabularies are described', foreign.every(isDescribed)],
  ];
}

/** What of the checklist of PDF/A-3b a file does not meet; nothing where it meets all. */
export async function pdfaFaults(pdf: string): Promise<string[]> {
  const objects = await readObjects(pdf);
  const { stdout: packet } = await run('pdfinfo', ['-meta', pdf], { maxBuffer: 10_000_000 });
  const checks = [
    ...checkFile(await readFile(pdf), objects),
    ...checkColours(objects),
    ...checkFonts(objects),
    ...checkAnnotations(objects),
    ...checkAttached(objects),
    ...checkMetadata(packet, objects),
  ];
  return checks.flatMap(([clause, holds]) => (holds ? [] : [clause]));
}
