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

/** Facts of a vocabulary that PDF/A does not know by itself, and what each of them is. */
export interface XmpExtension {
  name: string;
  namespace: string;
  prefix: string;
  properties: readonly { name: string; value: string; description: string }[];
}

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

const PDFA = 'http://www.aiim.org/pdfa/ns';

/** The facts of an extension, and the description without which PDF/A allows none. */
function describeExtension({ name, namespace, prefix, properties }: XmpExtension): string[] {
  const facts = properties.map((one) => `<${prefix}:${one.name}>${escapeXml(one.value)}</${prefix}:${one.name}>`);
  const described = properties.map((one) => {
    const about = { name: one.name, valueType: 'Text', category: 'external', description: one.description };
    const parts = Object.entries(about).map(
      ([key, value]) => `<pdfaProperty:${key}>${escapeXml(value)}</pdfaProperty:${key}>`,
    );
    return `<rdf:li rdf:parseType="Resource">${parts.join('')}</rdf:li>`;
  });
  const schema = [
    `<pdfaSchema:schema>${escapeXml(name)}</pdfaSchema:schema>`,
    `<pdfaSchema:namespaceURI>${escapeXml(namespace)}</pdfaSchema:namespaceURI>`,
    `<pdfaSchema:prefix>${prefix}</pdfaSchema:prefix>`,
    `<pdfaSchema:property><rdf:Seq>${described.join('')}</rdf:Seq></pdfaSchema:property>`,
  ].join('');
  const names = [
    `xmlns:pdfaExtension="${PDFA}/extension/"`,
    `xmlns:pdfaSchema="${PDFA}/schema#"`,
    `xmlns:pdfaProperty="${PDFA}/property#"`,
  ].join(' ');
  const list = `<rdf:Bag><rdf:li rdf:parseType="Resource">${schema}</rdf:li></rdf:Bag>`;
  return [
    `<rdf:Description rdf:about="" ${names}><pdfaExtension:schemas>${list}</pdfaExtension:schemas></rdf:Description>`,
    describe(prefix, namespace, facts.join('')),
  ];
}

/**
 * Writes a document's metadata as an XMP packet: the facts of its Info dictionary, the standard it keeps to, and those
 * of an extension.
 */
export function writeXmp(
  { title, author, lang, createdAt, producer }: DocumentFacts,
  profile?: Profile,
  extension?: XmpExtension,
): string {
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
    ...(extension ? describeExtension(extension) : []),
    '</rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('\n');
}
