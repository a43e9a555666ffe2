const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Shows each `<time>` below `root` in the reader's own zone and language; one that says how long ago has it as its title. */
export function localizeTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const text = local.format(new Date(time.dateTime));
    if (time.dataset.relative === undefined) time.textContent = text;
    else time.title = text;
  }
}
