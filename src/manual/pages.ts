/** One page of the manual: a file, and where it is read. */
export interface ManualPage {
  /** Below `/docs/`. */
  name: string;
  /** In the repository. */
  file: string;
  /** What it is called in lists; the page itself has the heading of its file. */
  title: string;
}

export interface ManualGroup {
  title: string;
  pages: ManualPage[];
}

const page = (name: string, title: string, file = `docs/${name}.md`): ManualPage => ({ name, file, title });

/**
 * The pages for users of the API, files of `docs` and what the clients say of themselves, in the order in which they are listed; what is for operators and for who
 * works on Heavylift is not among them. A new page is a new line here.
 */
export const MANUAL: readonly ManualGroup[] = [
  {
    title: 'Tasks',
    pages: [
      page('tasks/photo-upload-php', 'A photo upload in PHP'),
      page('tasks/monthly-report', 'A monthly report by mail'),
      page('tasks/webhooks-locally', 'Receive webhooks locally'),
      page('tasks/coming-from', 'Coming from another queue'),
    ],
  },
  {
    title: 'Kinds of jobs',
    pages: [
      page('images', 'Images'),
      page('reports', 'Reports'),
      page('emails', 'Emails'),
      page('calls', 'Calls'),
      page('flows', 'Flows'),
      page('schedules', 'Schedules'),
    ],
  },
  {
    title: 'What they share',
    pages: [
      page('jobs', 'Jobs'),
      page('uploads', 'Uploads'),
      page('webhooks', 'Webhooks'),
      page('batches', 'Batches'),
      page('brands', 'Brands'),
      page('templates', 'Templates'),
      page('keys', 'Keys'),
      page('http', 'Requests and answers'),
      page('renditions', 'Pictures at signed addresses'),
    ],
  },
  {
    title: 'Clients',
    pages: [
      page('clients', 'Clients', 'clients/README.md'),
      page('clients/node', 'Node and the command line', 'clients/node/README.md'),
      page('clients/python', 'Python', 'clients/python/README.md'),
      page('clients/php', 'PHP', 'clients/php/README.md'),
    ],
  },
  {
    title: 'In browsers',
    pages: [
      page('browsers', 'Uploads from your pages'),
      page('widget', 'The upload element'),
      page('upload-page', 'The upload page'),
    ],
  },
  {
    title: 'More on mail',
    pages: [page('bounces', 'Bounces and complaints'), page('mail-answers', 'What mail servers answer')],
  },
];
