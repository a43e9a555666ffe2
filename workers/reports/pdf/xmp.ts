import { escapeXml } from '../../../src/fields/escape-xml.ts';

/** What a document says about itself. */
export interface DocumentFacts {
  title: string;
  author?: string | undefined;
  lang: string;
  createdAt: Date;
  /** What makes and fills it. */
  producer: string;
}

/** The standard that a document keeps to. */
export type Profile = 'PDF/A-2b' | 'PDF/A-3b' | 'PDF/UA-1';

const describe = (prefix: string, namespace: string, content: string): string =>
  `<rdf:Description rdf:about="" xmlns:${prefix}="${namespace}">${content}</rdf:Description>`;

function describeProfile(profile: Profile | undefined): string[] {
  if (!profile) return [];
  const [, family = '', part = '', conformance = ''] = /^PDF\/(A|UA)-(\d)(\w?)$/.exec(profile) ?? [];
  if (family === 'UA')
    return [describe('pdfuaid', 'http://www.aiim.org/pdfua/ns/id/', `<pdfuaid:part>${part}</pdfuaid:part>`)];
  const id = `<pdfaid:part>${part}</pdfaid:part><pdfaid:conformance>${conformance.toUpperCase()}</pdfaid:conformance>`;
  return [describe('pdfaid', 'http://www.aiim.org/pdfa/ns/id/', id)];
}

/** Writes a document's metadata as an XMP packet: the facts of its Info dictionary, and the standard it keeps to. */
export function writeXmp({ title, author, lang, createdAt, producer }: DocumentFacts, profile?: Profile): string {
  const date = createdAt.toISOString().replace(/\.\d+Z$/, 'Z');
  const name = escapeXml(producer);
  const creator = author ? `<dc:creator><rdf:Seq><rdf:li>${escapeXml(author)}</rdf:li></rdf:Seq></dc:creator>` : '';
  const own = [
    `<dc:format>application/pdf</dc:format>`,
    `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(title)}</rdf:li></rdf:Alt></dc:title>`,
    creator,
    `<dc:language><rdf:Bag><rdf:li>${escapeXml(lang)}</rdf:li></rdf:Bag></dc:language>`,
  ].join('');
  const made = [
    `<xmp:CreateDate>${date}</xmp:CreateDate>`,
    `<xmp:ModifyDate>${date}</xmp:ModifyDate>`,
    `<xmp:CreatorTool>${name}</xmp:CreatorTool>`,
  ].join('');
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    describe('dc', 'http://purl.org/dc/elements/1.1/', own),
    describe('xmp', 'http://ns.adobe.com/xap/1.0/', made),
    describe('pdf', 'http://ns.adobe.com/pdf/1.3/', `<pdf:Producer>${name}</pdf:Producer>`),
    ...describeProfile(profile),
    '</rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('\n');
}
