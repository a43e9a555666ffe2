import MarkdownIt from 'markdown-it';

// HTML in the source is shown as text. Links with schemes that run something (javascript:, data:, file:) stay text too.
const markdown = new MarkdownIt({ html: false, linkify: true });

// The class tells tables of data from tables that only lay a mail out: the text part shows them as columns.
markdown.renderer.rules['table_open'] = () => '<table class="data">\n';

/** Renders Markdown (CommonMark, with tables) as the HTML of a mail's body. */
export const renderMarkdown = (source: string): string => markdown.render(source);
