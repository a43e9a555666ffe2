// Scripts lie at <path of PUBLIC_URL>/assets/<version>/.
const base = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

/** The address of a path of ours (`/jobs`), below the path that everything is served at. */
export const link = (path) => base + path;
