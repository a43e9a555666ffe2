import { escapeXml } from '../../src/fields/escape-xml.ts';
import type { DescribedMessage } from './describe.ts';

/** Of marks, on white as on black. */
const COLOURS: Readonly<Record<string, string>> = {
  Red: '#b3261e',
  Amber: '#8a5a00',
  Resolved: '#1b6e3c',
  Test: '#27507c',
};

/** Writes the HTML of a mail: tables and style attributes alone, which all mail programs show. */
export function alertHtml({ heading, items, url, subject }: DescribedMessage): string {
  const rows = items.map(({ incident, mark, lines }) => {
    const colour = COLOURS[mark] ?? COLOURS['Test'];
    const below = lines.map((line) => `<p style="margin:6px 0 0;font-size:14px">${escapeXml(line)}</p>`).join('');
    return `<tr><td style="border-left:4px solid ${colour};padding:10px 14px">
<p style="margin:0;font-size:16px"><span style="background:${colour};color:#ffffff;padding:2px 8px;border-radius:4px;font-size:13px;font-weight:bold">${mark}</span> <strong>${escapeXml(incident.text)}.</strong></p>
${below}</td></tr>
<tr><td style="height:12px;line-height:12px">&#160;</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width"><title>${escapeXml(subject)}</title></head>
<body style="margin:0;padding:20px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;line-height:1.45">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px">
<tr><td style="padding:0 0 14px"><h1 style="margin:0;font-size:19px">${escapeXml(heading)}</h1></td></tr>
${rows.join('\n')}
<tr><td style="padding:6px 0"><a href="${escapeXml(url)}" style="background:#27507c;color:#ffffff;text-decoration:none;padding:9px 16px;border-radius:5px;font-size:15px;display:inline-block">What there is to see</a></td></tr>
<tr><td style="font-size:13px;padding:10px 0 0">${escapeXml(url)}</td></tr>
</table></body></html>
`;
}
