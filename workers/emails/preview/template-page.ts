import type { TemplatePage } from '../../../src/kinds/page.ts';

/** The path of the page that shows a dry run. */
export const previewPath = (job: string): string => `/mail-previews/${job}`;

const HTML = `<!doctype html>
<html lang="en">
<body style="margin:0;padding:24px;font-family:sans-serif;line-height:1.5;">
  <h1 style="font-size:22px;">Order {{ order.id }} is on its way</h1>
  <p>Hello {{ name }},</p>
  <ul>
    {% for item in order.items %}<li>{{ item.name }}: {{ item.count }}</li>
    {% endfor %}</ul>
  <p><a href="{{ url | link }}">Follow it</a></p>
</body>
</html>
`;

/** The page by which callers write their templates of mails. */
export const templatePage: TemplatePage = {
  path: '/mail-templates',
  title: 'Templates of mails',
  intro: 'Mails that stand ready, to be filled with the variables of each request, which names one as “template”.',
  texts: [
    { name: 'subject', label: 'Subject', rows: 2 },
    { name: 'html', label: 'HTML', rows: 20 },
    { name: 'text', label: 'Text (without it, it follows from the HTML)', rows: 6 },
  ],
  flags: [{ name: 'inlineCss', label: 'Write its style sheets into its elements' }],
  example: { subject: 'Order {{ order.id }} is on its way', html: HTML },
  sample: {
    name: 'Kari',
    order: { id: 7, items: [{ name: 'Coffee beans', count: 2 }] },
    url: 'https://example.com/orders/7',
  },
  trying: 'Shows the newest version that is saved as it would be sent, at 600 and 320 pixels, light and dark.',
  beside: [
    { name: 'messageStream', label: 'Stream', hint: 'Such as newsletter: its mails can be unsubscribed from.' },
    { name: 'brand', label: 'Brand', hint: 'Without one: that of your key.' },
  ],
  // A dry run is sent to nobody.
  previewOf: (name, data) => ({ template: name, variables: data, to: 'preview@example.com', dryRun: true }),
  shownAt: previewPath,
  testOf: (name, data, to) => ({ template: name, variables: data, to }),
};
