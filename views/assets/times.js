const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Shows each `<time>` below `root` in the reader's own zone and language. */
export function localizeTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) time.textContent = local.format(new Date(time.dateTime));
}
